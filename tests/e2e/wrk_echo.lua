-- A script for wrk(1): batches of four pipelined requests, whose bodies differ in size and bytes,
-- and a count of the responses that are none of them. Run by test_http_clients.py.

local sizes = {1, 100, 1000, 20000}
local bodies = {}  -- that may come back
local batch

function init()
  local requests = {}
  for i, size in ipairs(sizes) do
    local body = string.rep(string.char(96 + i), size)
    bodies[body] = true
    requests[i] = wrk.format("POST", "/wrk", {["Content-Type"] = "text/plain"}, body)
  end
  batch = table.concat(requests)
end

-- wrk reads globals of its threads when they are done.
right, wrong = 0, 0

function request()
  return batch
end

function response(status, headers, body)
  if status == 200 and headers["Content-Type"] == "text/plain" and bodies[body] then
    right = right + 1
  else
    wrong = wrong + 1
  end
end

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function done()
  local sums = {right = 0, wrong = 0}
  for _, thread in ipairs(threads) do
    for name, sum in pairs(sums) do
      sums[name] = sum + thread:get(name)
    end
  end
  io.write(string.format("right %d wrong %d\n", sums.right, sums.wrong))
end
