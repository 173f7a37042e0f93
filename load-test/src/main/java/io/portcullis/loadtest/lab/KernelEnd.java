package io.portcullis.loadtest.lab;

import io.portcullis.datapath.port.PortException;
import io.portcullis.ports.CapturedFrame;
import io.portcullis.ports.kernel.PacketCapture;
import io.portcullis.ports.kernel.PacketSender;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** A VM's TAP device, whose kernel has no address and so says nothing by itself, from the inside. */
final class KernelEnd implements WireEnd, AutoCloseable {
    private static final int MAX_FRAME_BYTES = 2_048;

    private final String port;
    private final AtomicLong unheard = new AtomicLong();
    private final PacketSender sender;
    private final PacketCapture capture;
    private volatile Receiver receiver = (_, _) -> unheard.incrementAndGet();

    private KernelEnd(String port) throws PortException {
        this.port = port;
        sender = PacketSender.open(port);
        capture = PacketCapture.start(port, MAX_FRAME_BYTES, this::captured);
    }

    static KernelEnd open(String port) throws IOException {
        try {
            return new KernelEnd(port);
        } catch (PortException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private void captured(CapturedFrame frame) {
        // What leaves is what was sent here.
        if (!frame.toHost()) {
            receiver.receive("", frame.bytes());
        }
    }

    @Override
    public String port() {
        return port;
    }

    @Override
    public boolean knowsHosts() {
        return false;
    }

    @Override
    public boolean send(byte[] frame) {
        return sender.send(frame);
    }

    @Override
    public void onReceive(Receiver newReceiver) {
        receiver = newReceiver;
    }

    @Override
    public void close() {
        sender.close();
        Captures.close(port, capture);
    }
}
