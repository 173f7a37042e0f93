package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import io.portcullis.datapath.port.PortBackend;
import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.policy.MacAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A learning VLAN switch and the NICs of VMs, in one process. Whatever is sent waits in a queue per sender until the
 * fabric's thread takes it on, from senders in random order: nothing is lost and each sender's frames keep their order, but
 * frames of different senders overtake each other. Only a drain tells that a frame has arrived. Frames are arrays of
 * virtio-net header and frame.
 */
final class TestFabric implements PortBackend, AutoCloseable {
    private static final int VNET = Burst.VNET_HEADER_BYTES;

    private final Random random;
    private final List<TestQueue> senders = new ArrayList<>();
    private final Map<Long, SwitchPort> learned = new HashMap<>();
    private final Map<String, Vm> vms = new ConcurrentHashMap<>();
    private final List<SwitchPort> switchPorts = new ArrayList<>();
    private final Thread pump;
    private volatile boolean stopped;

    TestFabric(long seed) {
        random = new Random(seed);
        pump = Thread.ofPlatform().daemon().name("test-fabric").start(this::pump);
    }

    private void pump() {
        while (!stopped) {
            boolean worked = false;
            synchronized (this) {
                int first = senders.isEmpty() ? 0 : random.nextInt(senders.size());
                for (int i = 0; i < senders.size(); i++) {
                    TestQueue sender = senders.get((first + i) % senders.size());
                    for (int frames = random.nextInt(8); frames > 0; frames--) {
                        byte[] frame = sender.sent.poll();
                        if (frame == null) {
                            break;
                        }
                        worked = true;
                        if (frame == TestQueue.MARKER) {
                            sender.markerArrived();
                        } else {
                            sender.takeOn(frame);
                        }
                    }
                }
            }
            if (!worked) {
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(20));
            }
        }
    }

    @Override
    public synchronized void close() {
        stopped = true;
        LockSupport.unpark(pump);
    }

    /** The NIC of a VM; its name is the port specification. */
    Vm vm(String name) {
        return vms.computeIfAbsent(name, Vm::new);
    }

    /** Something on the switch that is no host; it sends and receives tagged frames. */
    synchronized Station station() {
        SwitchPort port = new SwitchPort("station");
        return new Station(port);
    }

    /** How many frames came to a switch port from outside, by the port's name. */
    synchronized long framesTo(String name) {
        return switchPorts.stream()
                .filter(port -> port.name.equals(name))
                .mapToLong(port -> port.arrived.get())
                .sum();
    }

    @Override
    public synchronized VmPort openVmPort(String specification, MacAddress mac) throws PortException {
        Vm vm = vms.get(specification);
        if (vm == null) {
            throw new PortException("there is no VM " + specification);
        }
        return new VmQueue(vm);
    }

    @Override
    public synchronized FramePort openUplink(String specification) {
        return new SwitchPort(specification);
    }

    @Override
    public Poller newPoller() {
        return new TestPoller();
    }

    /** A host's uplink, or a station's. */
    private final class SwitchPort extends TestQueue {
        final String name;

        SwitchPort(String name) {
            this.name = name;
            senders.add(this);
            switchPorts.add(this);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        void takeOn(byte[] frame) {
            boolean isShort = frame.length < VNET + FrameTags.ETHERNET_BYTES + FrameTags.TAG_BYTES;
            if (!isShort) {
                learned.put(address(frame, VNET + 6), this);
            }
            SwitchPort known = isShort ? null : learned.get(address(frame, VNET));
            if (known != null && (frame[VNET] & 1) == 0) {
                if (known != this) {
                    known.arrive(frame);
                }
                return;
            }
            for (SwitchPort port : switchPorts) {
                if (port != this) {
                    port.arrive(frame);
                }
            }
        }

        private static long address(byte[] frame, int at) {
            long value = (frame[VNET + 14] & 0xf) << 8 | frame[VNET + 15] & 0xff;
            for (int i = 0; i < 6; i++) {
                value = value << 8 | frame[at + i] & 0xff;
            }
            return value;
        }

        @Override
        public void close() {
            synchronized (TestFabric.this) {
                senders.remove(this);
                switchPorts.remove(this);
                learned.values().remove(this);
            }
        }
    }

    static final class Station {
        private final SwitchPort port;

        private Station(SwitchPort port) {
            this.port = port;
        }

        void send(byte[] taggedFrame) {
            port.sent.add(withHeader(taggedFrame));
        }

        /** Next frame, tagged, or an empty array. */
        byte[] receive() {
            byte[] frame = port.waiting.poll();
            return frame == null ? new byte[0] : withoutHeader(frame);
        }
    }

    static byte[] withHeader(byte[] frame) {
        byte[] all = new byte[frame.length + VNET];
        System.arraycopy(frame, 0, all, VNET, frame.length);
        return all;
    }

    private static byte[] withoutHeader(byte[] frame) {
        return java.util.Arrays.copyOfRange(frame, VNET, frame.length);
    }

    /** A multi-queue NIC: a steering index says which queue gets what the VM sends, modulo the number of queues. */
    static final class Vm {
        final String name;
        private final List<VmQueue> queues = new ArrayList<>();
        private final ConcurrentLinkedQueue<byte[]> received = new ConcurrentLinkedQueue<>();
        private int steering;
        private long lostFrames;
        /** Its queues throw when they are read. */
        volatile boolean broken;

        Vm(String name) {
            this.name = name;
        }

        synchronized void send(byte[] frame) {
            if (queues.isEmpty()) {
                lostFrames++;
            } else {
                queues.get(steering % queues.size()).arrive(withHeader(frame));
            }
        }

        /** Next frame for the VM, or an empty array. */
        byte[] receive() {
            byte[] frame = received.poll();
            return frame == null ? new byte[0] : withoutHeader(frame);
        }

        synchronized long lostFrames() {
            return lostFrames;
        }

        synchronized int queues() {
            return queues.size();
        }
    }

    private final class VmQueue extends TestQueue implements VmPort {
        private final Vm vm;

        VmQueue(Vm vm) {
            this.vm = vm;
            synchronized (vm) {
                vm.queues.add(this);
            }
            senders.add(this);
        }

        @Override
        public String name() {
            return vm.name;
        }

        @Override
        void takeOn(byte[] frame) {
            vm.received.add(frame);
        }

        @Override
        public int receive(Burst burst) {
            if (vm.broken) {
                throw new IllegalStateException("the port of " + vm.name + " is broken");
            }
            return super.receive(burst);
        }

        @Override
        public void steerTo(int queueIndex) {
            synchronized (vm) {
                vm.steering = queueIndex;
            }
        }

        /** As the kernel does it: the last queue takes the closed one's index, and what waited is lost. */
        @Override
        public void close() {
            synchronized (vm) {
                int index = vm.queues.indexOf(this);
                VmQueue last = vm.queues.removeLast();
                if (last != this) {
                    vm.queues.set(index, last);
                }
                vm.lostFrames += waiting.stream()
                        .filter(frame -> frame != TestQueue.MARKER)
                        .count();
            }
            synchronized (TestFabric.this) {
                for (byte[] frame : sent) {
                    if (frame != TestQueue.MARKER) {
                        takeOn(frame);
                    }
                }
                senders.remove(this);
            }
        }
    }
}
