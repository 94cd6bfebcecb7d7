// The table of protocols: what URLs and logs take from it.
#include "protocol/protocol.h"

#include <gtest/gtest.h>

#include <set>

namespace echod {
namespace {

TEST(ProtocolTest, ASchemeNamesItsProtocolWhereItCanBeUsed) {
  EXPECT_EQ(protocol_with_scheme("tcp", UrlUse::kListen), Protocol::kRaw);
  EXPECT_EQ(protocol_with_scheme("HTTP", UrlUse::kTarget), Protocol::kHttp1);
  EXPECT_EQ(protocol_with_scheme("auto", UrlUse::kListen), Protocol::kAuto);
  EXPECT_EQ(protocol_with_scheme("auto", UrlUse::kTarget), std::nullopt);
  EXPECT_EQ(protocol_with_scheme("ws", UrlUse::kTarget), Protocol::kWebSocket);
  EXPECT_EQ(protocol_with_scheme("ws", UrlUse::kListen), std::nullopt);
  EXPECT_EQ(protocol_with_scheme("", UrlUse::kListen), std::nullopt);
}

TEST(ProtocolTest, WhatThereIsToChooseFromIsAList) {
  EXPECT_EQ(schemes_for(UrlUse::kListen), "auto://, tcp:// or http://");
  EXPECT_EQ(schemes_for(UrlUse::kTarget), "tcp://, http:// or ws://");
}

TEST(ProtocolTest, NamesAreDistinct) {
  std::set<std::string_view> schemes;
  std::set<std::string_view> names;
  for (const ProtocolRow& row : kProtocols) {
    schemes.insert(row.scheme);
    names.insert(row.log_name);
  }
  EXPECT_EQ(schemes.size(), kProtocols.size());
  EXPECT_EQ(names.size(), kProtocols.size());
}

}  // namespace
}  // namespace echod
