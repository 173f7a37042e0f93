package io.portcullis.loadtest.lab;

import io.portcullis.loadtest.vm.UserStack;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.CapturedFrame;
import io.portcullis.ports.memory.MemoryFabric;
import io.portcullis.ports.memory.MemoryVm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** An in-memory fabric in this process; the VMs are small IP stacks. Needs no privilege. */
public final class MemoryLab implements FrameLab {
    private final MemoryFabric fabric;

    private MemoryLab(MemoryFabric fabric) {
        this.fabric = fabric;
    }

    public static MemoryLab create() throws IOException {
        return new MemoryLab(MemoryFabric.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
    }

    @Override
    public String backend() {
        return "memory";
    }

    @Override
    public String description() {
        return "in-memory switch at 127.0.0.1:" + fabric.address().getPort() + ", VMs with generated TCP";
    }

    @Override
    public String uplink(String host) {
        return "memory:127.0.0.1:" + fabric.address().getPort() + "/" + host;
    }

    /** The far end of a VM's port, for whoever sends frames by himself. */
    public MemoryVm addVm(String name) {
        return fabric.addVm(name);
    }

    @Override
    public WireEnd addEnd(String name, MacAddress mac) {
        return new MemoryEnd(fabric.addVm(name));
    }

    private record MemoryEnd(MemoryVm vm) implements WireEnd {
        @Override
        public String port() {
            return "memory:" + vm.name();
        }

        @Override
        public boolean knowsHosts() {
            return true;
        }

        @Override
        public boolean send(byte[] frame) {
            return vm.send(frame);
        }

        @Override
        public void onReceive(Receiver receiver) {
            vm.onReceiveFrom(receiver::receive);
        }
    }

    @Override
    public Observation observe(List<String> hosts, BiConsumer<String, byte[]> observer) {
        Set<String> seen = Set.copyOf(hosts);
        Consumer<CapturedFrame> sent = captured -> {
            if (!captured.toHost() && seen.contains(captured.device())) {
                observer.accept(captured.device(), captured.bytes());
            }
        };
        fabric.observe(sent);
        return () -> fabric.stopObserving(sent);
    }

    @Override
    public LabVm addVm(String name, MacAddress mac, List<InetAddress> addresses) {
        MemoryVm vm = fabric.addVm(name);
        UserStack stack = new UserStack(mac, addresses, vm::send);
        vm.onReceive(stack::receive);
        return new LabVm(name, mac, addresses, "memory:" + name, stack, "");
    }

    @Override
    public UplinkWatch watch(String host, MacAddress mac) {
        AtomicLong frames = new AtomicLong();
        Consumer<CapturedFrame> observer = captured -> {
            if (captured.device().equals(host) && UnicastOf.matches(captured.bytes(), mac)) {
                frames.incrementAndGet();
            }
        };
        fabric.observe(observer);
        return () -> {
            fabric.stopObserving(observer);
            return new Count(frames.get(), 0);
        };
    }

    @Override
    public void close() {
        try {
            fabric.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
