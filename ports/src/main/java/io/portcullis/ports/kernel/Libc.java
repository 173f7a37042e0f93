package io.portcullis.ports.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Locale;

/**
 * The few C library calls that the kernel ports need. Thread-safe.
 *
 * <p>Every call returns what the C function returns, or the negated errno. Pointers are plain addresses of native memory
 * (so that no slice is allocated per frame); the caller keeps that memory alive.
 */
final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CALL_STATE));
    private static final int NOT_VARIADIC = -1;

    static final int EPOLL_CTL_ADD = 1;
    static final int EPOLL_CTL_DEL = 2;
    /** Of struct epoll_event, which is packed on x86-64 only. */
    static final int EPOLL_DATA_OFFSET = isX86() ? 4 : 8;

    static final int EPOLL_EVENT_BYTES = EPOLL_DATA_OFFSET + 8;

    private static final MethodHandle OPEN = handle("open", 2, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle CLOSE = handle("close", NOT_VARIADIC, JAVA_INT, JAVA_INT);
    private static final MethodHandle READ = handle("read", NOT_VARIADIC, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITE = handle("write", NOT_VARIADIC, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle IOCTL = handle("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PPOLL =
            handle("ppoll", NOT_VARIADIC, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle EVENTFD = handle("eventfd", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle EPOLL_CREATE = handle("epoll_create1", NOT_VARIADIC, JAVA_INT, JAVA_INT);
    private static final MethodHandle EPOLL_CTL =
            handle("epoll_ctl", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle EPOLL_WAIT =
            handle("epoll_wait", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle SETNS = handle("setns", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SOCKET = handle("socket", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle BIND = handle("bind", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SETSOCKOPT =
            handle("setsockopt", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle GETSOCKOPT =
            handle("getsockopt", NOT_VARIADIC, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RECVMSG =
            handle("recvmsg", NOT_VARIADIC, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SYSCALL =
            handle("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private Libc() {}

    @SuppressWarnings("restricted")
    private static MethodHandle handle(String name, int firstVariadic, MemoryLayout result, MemoryLayout... arguments) {
        MemorySegment function = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("the C library has no function " + name));
        FunctionDescriptor descriptor = FunctionDescriptor.of(result, arguments);
        Linker.Option errno = Linker.Option.captureCallState("errno");
        return firstVariadic == NOT_VARIADIC
                ? LINKER.downcallHandle(function, descriptor, errno)
                : LINKER.downcallHandle(function, descriptor, errno, Linker.Option.firstVariadicArg(firstVariadic));
    }

    static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = STATE.get();
            return result((int) OPEN.invokeExact(state, arena.allocateFrom(path).address(), flags, 0), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int close(int fd) {
        try {
            MemorySegment state = STATE.get();
            return result((int) CLOSE.invokeExact(state, fd), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long read(int fd, long address, long lengthBytes) {
        try {
            MemorySegment state = STATE.get();
            return result((long) READ.invokeExact(state, fd, address, lengthBytes), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long write(int fd, long address, long lengthBytes) {
        try {
            MemorySegment state = STATE.get();
            return result((long) WRITE.invokeExact(state, fd, address, lengthBytes), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code argument} is a number or the address of a structure, as the request wants it. */
    static int ioctl(int fd, long request, long argument) {
        try {
            MemorySegment state = STATE.get();
            return result((int) IOCTL.invokeExact(state, fd, request, argument), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Waits for {@code count} pollfd structures; {@code timespec} 0 waits without end. */
    static int ppoll(long pollfds, long count, long timespec) {
        try {
            MemorySegment state = STATE.get();
            return result((int) PPOLL.invokeExact(state, pollfds, count, timespec, 0L), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int eventfd(int flags) {
        try {
            MemorySegment state = STATE.get();
            return result((int) EVENTFD.invokeExact(state, 0, flags), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int epollCreate(int flags) {
        try {
            MemorySegment state = STATE.get();
            return result((int) EPOLL_CREATE.invokeExact(state, flags), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int epollControl(int epoll, int operation, int fd, long event) {
        try {
            MemorySegment state = STATE.get();
            return result((int) EPOLL_CTL.invokeExact(state, epoll, operation, fd, event), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int epollWait(int epoll, long events, int maxEvents, int timeoutMillis) {
        try {
            MemorySegment state = STATE.get();
            return result((int) EPOLL_WAIT.invokeExact(state, epoll, events, maxEvents, timeoutMillis), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Moves only the calling operating-system thread. */
    static int setns(int fd, int kind) {
        try {
            MemorySegment state = STATE.get();
            return result((int) SETNS.invokeExact(state, fd, kind), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int socket(int domain, int type, int protocol) {
        try {
            MemorySegment state = STATE.get();
            return result((int) SOCKET.invokeExact(state, domain, type, protocol), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int bind(int fd, long address, int lengthBytes) {
        try {
            MemorySegment state = STATE.get();
            return result((int) BIND.invokeExact(state, fd, address, lengthBytes), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int setsockopt(int fd, int level, int option, long value, int lengthBytes) {
        try {
            MemorySegment state = STATE.get();
            return result((int) SETSOCKOPT.invokeExact(state, fd, level, option, value, lengthBytes), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int getsockopt(int fd, int level, int option, long value, long lengthPointer) {
        try {
            MemorySegment state = STATE.get();
            return result((int) GETSOCKOPT.invokeExact(state, fd, level, option, value, lengthPointer), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long recvmsg(int fd, long messageHeader, int flags) {
        try {
            MemorySegment state = STATE.get();
            return result((long) RECVMSG.invokeExact(state, fd, messageHeader, flags), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** bpf(2), which the C library does not wrap. */
    static int bpf(int command, long attributes, long lengthBytes) {
        try {
            MemorySegment state = STATE.get();
            return (int) result(
                    (long) SYSCALL.invokeExact(state, bpfNumber(), (long) command, attributes, lengthBytes), state);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static String architecture() {
        return System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    }

    private static boolean isX86() {
        return List.of("amd64", "x86_64").contains(architecture());
    }

    /** Number of bpf(2): the tables of x86-64 and of the generic architectures differ. */
    private static long bpfNumber() {
        String architecture = architecture();
        return switch (architecture) {
            case "amd64", "x86_64" -> 321;
            case "aarch64", "arm64", "riscv64" -> 280;
            default ->
                throw new UnsupportedOperationException(
                        "kernel ports run on x86-64 and aarch64, not on " + architecture);
        };
    }

    private static int result(int value, MemorySegment state) {
        return value < 0 ? -(int) ERRNO.get(state, 0L) : value;
    }

    private static long result(long value, MemorySegment state) {
        return value < 0 ? -(int) ERRNO.get(state, 0L) : value;
    }

    private static AssertionError unexpected(Throwable cause) {
        return new AssertionError("a native call failed to link", cause);
    }
}
