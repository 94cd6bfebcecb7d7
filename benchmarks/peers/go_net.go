// Go's net package: a goroutine for each connection. TCP_NODELAY is Go's default, and GOMAXPROCS the
// number of threads, for which --threads stands.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

const bufferSize = 64 * 1024

func echo(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, bufferSize)
	for {
		size, err := connection.Read(buffer)
		if size > 0 {
			if _, err := connection.Write(buffer[:size]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func main() {
	if len(os.Args) != 2 && (len(os.Args) != 4 || os.Args[2] != "--threads") {
		fmt.Fprintln(os.Stderr, "usage:", os.Args[0], "PORT [--threads N]")
		os.Exit(2)
	}
	threads := 1
	if len(os.Args) == 4 {
		threads, _ = strconv.Atoi(os.Args[3])
	}
	runtime.GOMAXPROCS(threads)
	listener, err := net.Listen("tcp4", "127.0.0.1:"+os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, syscall.EADDRINUSE) {
			os.Exit(98)
		}
		os.Exit(1)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			continue
		}
		go echo(connection)
	}
}
