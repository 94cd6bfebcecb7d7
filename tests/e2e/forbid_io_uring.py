"""Runs a program for which io_uring does not exist, as in many containers: ERRNO COMMAND...

A seccomp filter makes io_uring_setup fail with ERRNO. Exit status 77: no filter can be set here.
"""

import ctypes
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2
SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW = 0x00050000, 0x7FFF0000
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
SYS_IO_URING_SETUP = 425  # on every architecture


def instruction(code, if_true, if_false, value):
    return struct.pack("HBBI", code, if_true, if_false, value)


def forbid(error):
    program = b"".join([
        instruction(LOAD_WORD, 0, 0, 0),  # the number of the system call
        instruction(JUMP_IF_EQUAL, 0, 1, SYS_IO_URING_SETUP),
        instruction(RETURN, 0, 0, SECCOMP_RET_ERRNO | error),
        instruction(RETURN, 0, 0, SECCOMP_RET_ALLOW),
    ])
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(
        struct.pack("HP", len(program) // 8, ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    return (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            and prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(header), 0, 0) == 0)


if __name__ == "__main__":
    if not forbid(int(sys.argv[1])):
        sys.exit(77)
    os.execv(sys.argv[2], sys.argv[2:])
