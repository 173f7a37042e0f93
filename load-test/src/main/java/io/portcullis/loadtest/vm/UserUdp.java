package io.portcullis.loadtest.vm;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A UDP port of a {@link UserStack}. */
final class UserUdp implements VmSockets.UdpSocket {
    private final UserStack stack;
    private final InetSocketAddress local;
    private final Inbox<VmSockets.Datagram> received;

    UserUdp(UserStack stack, InetSocketAddress local) {
        this.stack = stack;
        this.local = local;
        this.received = new Inbox<>(stack);
    }

    InetSocketAddress local() {
        return local;
    }

    /** Lock held. */
    void onDatagram(VmSockets.Datagram datagram) {
        received.add(datagram);
    }

    @Override
    public void send(InetSocketAddress remote, byte[] payload) throws IOException {
        InetAddress to = remote.getAddress();
        stack.resolve(to);
        InetAddress from = stack.own(to);
        stack.locked(() -> {
            stack.send(stack.to(to)
                    .ip(from, to)
                    .udp(local.getPort(), remote.getPort())
                    .payload(payload));
            return null;
        });
    }

    @Override
    public VmSockets.@Nullable Datagram receive(Duration timeout) {
        return received.take(timeout);
    }

    @Override
    public void close() {
        stack.forget(this);
    }
}
