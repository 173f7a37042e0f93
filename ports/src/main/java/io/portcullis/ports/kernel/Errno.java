package io.portcullis.ports.kernel;

/** Error numbers of Linux (asm-generic/errno.h) that the kernel ports meet, and their texts. */
final class Errno {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int ENXIO = 6;
    static final int E2BIG = 7;
    static final int EBADF = 9;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int EMSGSIZE = 90;
    static final int EBADFD = 77;
    static final int ENETDOWN = 100;
    static final int ENOBUFS = 105;

    private Errno() {}

    static String text(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM: operation not permitted";
            case ENOENT -> "ENOENT: no such file";
            case EIO -> "EIO: the device is down or gone";
            case ENXIO -> "ENXIO: no such device or address";
            case E2BIG -> "E2BIG: too many queues";
            case EACCES -> "EACCES: permission denied";
            case EBUSY -> "EBUSY: in use";
            case ENODEV -> "ENODEV: no such device";
            case EINVAL -> "EINVAL: invalid argument";
            case EBADFD -> "EBADFD: the device is gone";
            case ENETDOWN -> "ENETDOWN: the device is down";
            default -> "errno " + errno;
        };
    }

    static boolean isPrivilege(int errno) {
        return errno == EPERM || errno == EACCES;
    }
}
