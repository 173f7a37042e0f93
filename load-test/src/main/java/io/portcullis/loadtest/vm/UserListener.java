package io.portcullis.loadtest.vm;

import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A port of a {@link UserStack} to which others may connect. */
final class UserListener implements VmSockets.TcpListener {
    private final UserStack stack;
    private final InetSocketAddress local;
    private final Inbox<VmSockets.TcpConnection> backlog;

    UserListener(UserStack stack, InetSocketAddress local) {
        this.stack = stack;
        this.local = local;
        this.backlog = new Inbox<>(stack);
    }

    InetSocketAddress local() {
        return local;
    }

    /** Lock held. */
    void offer(VmSockets.TcpConnection connection) {
        backlog.add(connection);
    }

    @Override
    public VmSockets.@Nullable TcpConnection accept(Duration timeout) {
        return backlog.take(timeout);
    }

    @Override
    public void close() {
        stack.forget(this);
    }
}
