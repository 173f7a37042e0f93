package io.portcullis.loadtest.flow;

import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.PortException;
import io.portcullis.loadtest.history.History;
import io.portcullis.loadtest.scenario.TrafficKind;
import io.portcullis.loadtest.scenario.TrafficPlan;
import io.portcullis.policy.IpFamily;
import io.portcullis.ports.PortBackends;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * All traffic of a run. One thread sends and checks at both ends; what comes to a VM is handed to it by the fabric's thread, which notes the time and
 * which host let it pass. The other methods are the runner's.
 */
public final class FlowTraffic implements AutoCloseable {
    /** Frames that have come to VMs and are not looked at yet; more are counted, and the run is worth nothing. */
    private static final int MAX_ARRIVALS = 1 << 18;
    /** Handshakes under way while connections are opened. */
    private static final int HANDSHAKES = 2_000;

    private static final long NO_PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long IDLE_NANOS = 20_000;
    private static final int MAX_FRAME_BYTES = 2_048;
    private static final int NO_HOST = 127;
    /** Behind the destination, in an Ethernet frame. */
    private static final int SOURCE_MAC_AT = 6;

    // The array is the fabric's, which keeps none.
    @SuppressWarnings("ArrayRecordComponent")
    private record Arrival(VmEnd vm, byte[] frame, long nanos) {}

    private enum Phase {
        OPENING,
        READY,
        SENDING,
        SETTLING
    }

    private final History history;
    private final Map<String, Integer> hostNumbers;
    private final FramePort uplink;
    private final Arena arena = Arena.ofShared();
    private final Burst burst = new Burst(arena);
    private final MemorySegment scratch = arena.allocate(MAX_FRAME_BYTES);
    private final BlockingQueue<Arrival> arrivals = new ArrayBlockingQueue<>(MAX_ARRIVALS);
    private final AtomicLong missed = new AtomicLong();
    private final Map<Long, VmEnd> byMac = new HashMap<>();
    private final Map<String, StreamCounts> counts = new LinkedHashMap<>();
    private final Map<String, Throughput> throughput = new LinkedHashMap<>();
    private final List<Stream> streams = new ArrayList<>();
    private final Queue<Flow> unopened = new ArrayDeque<>();
    private final FrameCheck check;
    private final FlowFactory factory;
    private final FlowSender sender;
    private final TcpEnds tcp;
    private final PacketView view = new PacketView();
    private final Thread thread;
    private final int toOpen;
    private volatile Phase phase = Phase.OPENING;
    private volatile int opened;
    private volatile boolean areIdleAwake;
    private volatile boolean isStopping;
    private volatile @Nullable RuntimeException failure;
    private final AtomicLong moved = new AtomicLong();

    /**
     * Traffic that has not begun.
     *
     * @param uplinkSpecification of the clients
     * @param hostNumbers as the history knows them, by their uplinks' names
     */
    public FlowTraffic(
            History history,
            Map<String, Integer> hostNumbers,
            List<TrafficPlan> plans,
            List<VmEnd> vms,
            String uplinkSpecification,
            long seed)
            throws IOException {
        this.history = history;
        this.hostNumbers = Map.copyOf(hostNumbers);
        try {
            uplink = PortBackends.forUplink(uplinkSpecification).openUplink(uplinkSpecification);
        } catch (PortException unusable) {
            throw new IOException(unusable);
        }
        long start = System.nanoTime();
        for (VmEnd vm : vms) {
            byMac.put(vm.mac().value(), vm);
            throughput.computeIfAbsent(vm.role(), _ -> new Throughput(start));
            plans.forEach(plan -> counts.computeIfAbsent(
                    FlowFactory.countsKey(plan, vm.role()), _ -> new StreamCounts(plan.name(), vm.role())));
        }
        check = new FrameCheck(throughput);
        factory = new FlowFactory(seed, history, plans, vms, counts);
        sender = new FlowSender(new Ways(), history);
        tcp = new TcpEnds(sender, factory);
        for (TrafficPlan plan : plans) {
            List<VmEnd> its = vms.stream()
                    .filter(vm -> vm.original() == null && vm.group().equals(plan.to()))
                    .toList();
            StreamCounts flood = java.util.Objects.requireNonNull(
                    counts.get(FlowFactory.countsKey(plan, its.getFirst().role())));
            Stream stream = new Stream(plan, its, flood, sender, factory, tcp);
            streams.add(stream);
            if (stream.isTcp()) {
                for (Flow flow : stream.flows()) {
                    unopened.add(flow);
                    unopened.addAll(List.of(flow.mirrors));
                }
            }
        }
        toOpen = unopened.size();
        vms.forEach(vm -> vm.port().onReceive((host, frame) -> arrived(vm, host, frame)));
        thread = Thread.ofPlatform().daemon().name("traffic").unstarted(this::run);
    }

    // ---- what the runner asks

    /** Opens all connections. */
    public void open() throws IOException, InterruptedException {
        thread.start();
        int last = -1;
        long since = System.nanoTime();
        while (opened < toOpen) {
            check();
            if (opened != last) {
                last = opened;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > NO_PROGRESS_NANOS) {
                throw new IOException("of " + toOpen + " connections only " + last + " could be opened");
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        phase = Phase.READY;
    }

    /** From now on frames go at their rates. */
    public void send() {
        phase = Phase.SENDING;
    }

    /** Nothing new; the silent connections say something; waits until what is under way has come, or is not going to. */
    public void settle() throws IOException, InterruptedException {
        phase = Phase.SETTLING;
        long before = -1;
        int still = 0;
        while (still < 5 || !areIdleAwake) {
            check();
            TimeUnit.MILLISECONDS.sleep(200);
            still = moved.get() == before ? still + 1 : 0;
            before = moved.get();
        }
    }

    /** Throws if the traffic has ended by itself. */
    public void check() throws IOException {
        RuntimeException failed = failure;
        if (failed != null) {
            throw new IOException("the traffic ended: " + failed, failed);
        }
        if (missed.get() > 0) {
            throw new IOException(
                    "this machine is too slow to look at what comes: " + missed.get() + " frames were not; send fewer");
        }
    }

    /** What was counted; after {@link #close}. */
    public List<StreamCounts.Totals> totals() {
        return counts.values().stream()
                .map(StreamCounts::totals)
                .filter(totals -> totals.sent() + totals.opened() + totals.received() > 0)
                .toList();
    }

    /** By role of VMs; after {@link #close}. */
    public Map<String, Throughput> throughput() {
        return throughput;
    }

    // ---- on the fabric's thread

    private void arrived(VmEnd vm, String host, byte[] frame) {
        long nanos = System.nanoTime();
        int at = Payload.find(frame);
        if (at >= 0 && vm.isRecorded()) {
            decided(frame, at, true, vm.port().knowsHosts() ? numberOf(host) : History.UNKNOWN_HOST, nanos);
        }
        if (!arrivals.offer(new Arrival(vm, frame, nanos))) {
            missed.incrementAndGet();
        }
    }

    /** A host has sent a frame to the fabric. On the fabric's thread. */
    public void seenOnUplink(String host, byte[] frame) {
        int at = Payload.find(frame);
        if (at >= 0 && !Payload.isToVm(frame, at) && hostNumbers.containsKey(host) && isRecorded(frame)) {
            decided(frame, at, false, numberOf(host), System.nanoTime());
        }
    }

    private boolean isRecorded(byte[] frame) {
        VmEnd vm = byMac.get(Wire.u48(MemorySegment.ofArray(frame), SOURCE_MAC_AT));
        return vm != null && vm.isRecorded();
    }

    private int numberOf(String host) {
        return hostNumbers.getOrDefault(host, NO_HOST);
    }

    /** Some labs have several threads that see frames. */
    private void decided(byte[] frame, int at, boolean isToVm, int host, long nanos) {
        int flow = Payload.flow(frame, at);
        if (flow >= 0) {
            synchronized (history) {
                history.decided().append(flow, isToVm, Payload.number(frame, at), host, nanos);
            }
        }
    }

    // ---- the traffic's thread

    private final class Ways implements FlowSender.Wires {
        @Override
        public boolean toUplink(byte[] frame) {
            MemorySegment.copy(MemorySegment.ofArray(frame), 0, scratch, Burst.VNET_HEADER_BYTES, frame.length);
            return uplink.send(scratch, Burst.VNET_HEADER_BYTES, frame.length);
        }

        @Override
        public boolean fromVm(VmEnd vm, byte[] frame) {
            return vm.port().send(frame);
        }
    }

    private void run() {
        try {
            long tick = System.nanoTime();
            Phase before = Phase.OPENING;
            while (!isStopping) {
                boolean isBusy = receive();
                long now = System.nanoTime();
                if (phase != before) {
                    before = phase;
                    enter(before, now);
                }
                isBusy |= openMore(now);
                for (Stream stream : streams) {
                    isBusy |= stream.send(now);
                }
                uplink.flush();
                if (now - tick > TICK_NANOS) {
                    tick = now;
                    tcp.tick(now);
                    areIdleAwake = streams.stream().allMatch(Stream::isAwake);
                }
                if (!isBusy) {
                    LockSupport.parkNanos(IDLE_NANOS);
                }
            }
        } catch (RuntimeException bug) {
            failure = bug;
        }
    }

    private void enter(Phase entered, long now) {
        switch (entered) {
            case OPENING, READY -> {}
            case SENDING -> streams.forEach(stream -> stream.start(now));
            case SETTLING ->
                streams.forEach(stream -> {
                    stream.stop();
                    stream.wake();
                });
        }
    }

    private boolean openMore(long now) {
        boolean isBusy = false;
        while (!unopened.isEmpty() && tcp.waiting() < HANDSHAKES) {
            tcp.open(unopened.remove(), now);
            isBusy = true;
        }
        opened = tcp.opened();
        return isBusy;
    }

    /** Takes all that has come before more is sent: what is not taken in time the fabric drops. */
    private boolean receive() {
        int count = 0;
        do {
            burst.clear();
            count += uplink.receive(burst);
            long now = System.nanoTime();
            for (int i = 0; i < burst.count(); i++) {
                byte[] frame = new byte[burst.length(i)];
                MemorySegment.copy(burst.memory(), burst.offset(i), MemorySegment.ofArray(frame), 0, frame.length);
                atClients(frame, now);
            }
            uplink.flush();
        } while (!burst.hasRoom() && !isStopping);
        Arrival arrival = arrivals.poll();
        for (int i = 0; arrival != null; i++) {
            atVm(arrival);
            count++;
            arrival = i < Burst.MAX_FRAMES ? arrivals.poll() : null;
        }
        moved.addAndGet(count);
        return count > 0;
    }

    private void atVm(Arrival arrival) {
        byte[] frame = arrival.frame();
        if (!isIp(frame)) {
            return;
        }
        Flow flow = factory.find(
                Flow.key(arrival.vm().index(), view.protocol, isIpv6(), (int) view.sourceLow, view.sourcePort));
        if (flow == null || flow.vm != arrival.vm()) {
            return;
        }
        flow.isHeard = true;
        boolean isFresh = check.isFresh(flow, frame, true, arrival.nanos());
        if (view.isTcp()) {
            if (!flow.plan.isAllowed()) {
                flow.counts.forbidden++;
                return;
            }
            tcp.atVm(flow, view);
        }
        if (isFresh && flow.plan.kind() != TrafficKind.TCP && flow.plan.kind() != TrafficKind.UDP) {
            sender.one(flow, false, arrival.nanos());
        }
    }

    private void atClients(byte[] frame, long nanos) {
        if (!isIp(frame)) {
            return;
        }
        VmEnd vm = byMac.get(view.sourceMac);
        Flow flow = vm == null
                ? null
                : factory.find(
                        Flow.key(vm.index(), view.protocol, isIpv6(), (int) view.destinationLow, view.destinationPort));
        if (flow == null) {
            return;
        }
        boolean isFresh = check.isFresh(flow, frame, false, nanos);
        if (!view.isTcp()) {
            return;
        }
        boolean wasOpening = flow.client == FlowEnd.SYN_SENT;
        tcp.atClient(flow, view, nanos);
        if (flow.plan.kind() == TrafficKind.CHURN) {
            if (wasOpening && flow.client == FlowEnd.OPEN) {
                sender.one(flow, true, nanos);
            } else if (isFresh) {
                tcp.finish(flow, nanos);
            }
        }
    }

    private boolean isIp(byte[] frame) {
        return PacketParser.parse(MemorySegment.ofArray(frame), 0, frame.length, view) == ParseResult.OK
                && view.family != null
                && !view.isIcmpError();
    }

    private boolean isIpv6() {
        return view.family == IpFamily.IPV6;
    }

    /** Ends the thread and adds up what never came. */
    @Override
    public void close() {
        if (isStopping) {
            return;
        }
        isStopping = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        tcp.abandon();
        for (Stream stream : streams) {
            for (Flow flow : stream.flows()) {
                lost(flow);
                for (Flow mirror : flow.mirrors) {
                    lost(mirror);
                }
            }
        }
        uplink.close();
        arena.close();
    }

    private static void lost(Flow flow) {
        flow.counts.lost += flow.lost();
    }
}
