package io.portcullis.datapath.runtime;

import io.portcullis.datapath.engine.EngineScratch;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.ChecksumTrust;
import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import io.portcullis.datapath.port.VnetHeader;
import io.portcullis.datapath.rulelog.RuleLogRing;
import io.portcullis.policy.VnicId;
import java.lang.foreign.Arena;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.agrona.collections.Hashing;
import org.agrona.collections.Object2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One thread that carries frames: in turns of commands, uplink, VM ports and the steps of cut-overs; it sleeps in its
 * poller when there is nothing to do. It owns its ports, its vNICs and its switch; nobody else touches them.
 */
final class Loop {
    /** Of the threads that frames and pauses wait for. It counts where the JVM runs with {@code -XX:ThreadPriorityPolicy=1}. */
    static final int PRIORITY = Thread.MAX_PRIORITY;

    private static final int COMMANDS_PER_TURN = 64;
    /** A drain's marker usually wakes the poller; this bounds the wait where it does not. */
    private static final long DRAIN_POLL_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
    /** Pause after a failed turn, so that a broken port does not burn a core. */
    private static final long FAILURE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final FramePort uplink;
    private final Poller poller;
    private final LongSupplier clock;
    private final HostCounter.Values counters;
    private final Failures failures;
    private final DataPathSettings.Limits limits;
    private final TunnelSecurity tunnelSecurity;
    private final ChecksumTrust vmPortTrust;
    private final Arena arena = Arena.ofShared();
    private final Burst fromVm = new Burst(arena);
    private final Burst scratch = new Burst(arena);
    private final EngineScratch engineScratch = new EngineScratch();
    private final HostSwitch hostSwitch;
    private final DrainGate uplinkGate;
    /** In flat memory: a node for each would be a third of what a vNIC takes here. */
    private final Map<VnicId, Vnic> vnics = new Object2ObjectHashMap<>(8, Hashing.DEFAULT_LOAD_FACTOR, false);

    private final VnicChanges changes = new VnicChanges();
    private final PortReads ports;
    private final StatusCollection statuses = new StatusCollection(this);
    private final List<Procedure> procedures = new ArrayList<>();

    private final RuleLogRing ruleLog = new RuleLogRing();
    private final ConcurrentLinkedQueue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitingCommands = new AtomicInteger();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean stopping;
    private volatile Map<String, Long> uplinkCounters = Map.of();
    private final TableBatches batches = new TableBatches();
    private final HitCollection hits;
    private final InstantSource wallClock = InstantSource.system();
    private final StateWorker stateWorker = new StateWorker("datapath-state");
    private final StateWorker checkpointWorker = new StateWorker("datapath-checkpoint");
    private final PortReads.Reader portReader = this::readPort;
    private long nextExpiryNanos;

    @SuppressWarnings("ThreadPriorityCheck") // nothing depends on it but the time
    Loop(
            String name,
            FramePort uplink,
            Poller poller,
            LongSupplier clock,
            HostCounter.Values counters,
            DataPathSettings settings) {
        this.uplink = uplink;
        this.poller = poller;
        this.clock = clock;
        this.counters = counters;
        limits = settings.limits();
        tunnelSecurity = settings.security();
        vmPortTrust = settings.checksums().vmPorts();
        failures = new Failures(counters, clock);
        hits = new HitCollection(this, new HitLedger(wallClock));
        ports = new PortReads(poller, changes);
        hostSwitch = new HostSwitch(uplink, settings.checksums().uplink(), counters, failures, changes, arena);
        uplinkGate = new DrainGate(uplink);
        thread = Thread.ofPlatform().daemon().priority(PRIORITY).name(name).unstarted(this::run);
    }

    void start() {
        nextExpiryNanos = clock.getAsLong() + limits.expiryIntervalNanos();
        thread.start();
    }

    // ---- from any thread

    /** Answers false if the queue is at its limit or the loop has stopped; the command was not taken. */
    boolean offer(Runnable command) {
        if (stopping || waitingCommands.get() >= limits.commands()) {
            return false;
        }
        execute(command);
        return true;
    }

    /** For the runtime's own follow-ups, which are as few as the commands that caused them. */
    void execute(Runnable command) {
        waitingCommands.incrementAndGet();
        commands.add(command);
        poller.wakeUp();
    }

    void wakeUp() {
        poller.wakeUp();
    }

    /** What the uplink itself counts, as of the last round of expiry. */
    Map<String, Long> uplinkCounters() {
        return uplinkCounters;
    }

    /** Events of this loop's vNICs; one reader. */
    RuleLogRing ruleLog() {
        return ruleLog;
    }

    /** What vNICs counted of rules. */
    HitCollection hits() {
        return hits;
    }

    /** How vNICs are. */
    StatusCollection statuses() {
        return statuses;
    }

    /** For pieces of tables. */
    TableBatches batches() {
        return batches;
    }

    /** By which checkpoints are dated. */
    InstantSource wallClock() {
        return wallClock;
    }

    /** Where tables that move are encoded and taken in. */
    StateWorker stateWorker() {
        return stateWorker;
    }

    /** Where tables are encoded for the disk: a pause never waits for it. */
    StateWorker checkpointWorker() {
        return checkpointWorker;
    }

    Failures failures() {
        return failures;
    }

    boolean isStopping() {
        return stopping;
    }

    void stop() {
        stopping = true;
        poller.wakeUp();
        if (Thread.currentThread() != thread) {
            boolean interrupted = false;
            while (ended.getCount() > 0) {
                try {
                    ended.await();
                } catch (InterruptedException keepWaiting) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    // ---- from the loop's own thread

    HostSwitch hostSwitch() {
        return hostSwitch;
    }

    TunnelSecurity tunnelSecurity() {
        return tunnelSecurity;
    }

    DataPathSettings.Limits limits() {
        return limits;
    }

    long now() {
        return clock.getAsLong();
    }

    /** A burst for short use within one method; nothing that it calls may use it as well. */
    Burst scratch() {
        scratch.clear();
        return scratch;
    }

    /** For the engines of all vNICs of this loop. */
    EngineScratch engineScratch() {
        return engineScratch;
    }

    /** All that was sent to the uplink so far has reached the fabric, and all that waited there was read, when the ticket is reached. */
    long drainUplink() {
        hostSwitch.flush();
        return uplinkGate.request();
    }

    boolean isUplinkDrained(long ticket) {
        return uplinkGate.isReached(ticket);
    }

    @Nullable
    Vnic vnic(VnicId id) {
        return vnics.get(id);
    }

    Iterable<Vnic> vnics() {
        return vnics.values();
    }

    int vnicCount() {
        return vnics.size();
    }

    /** What happened to vNICs. */
    VnicChanges changes() {
        return changes;
    }

    /** A command is about to change the vNIC, or its part in a cut-over. */
    void changing(Vnic vnic) {
        ports.mayChange(vnic);
        changes.note(vnic);
    }

    void add(Vnic vnic) {
        vnics.put(vnic.id(), vnic);
        hostSwitch.add(vnic);
        changes.note(vnic);
        ports.add(vnic);
    }

    /** Takes the vNIC out of the loop; its port is still open. */
    void remove(Vnic vnic) {
        hits.take(vnic);
        vnics.remove(vnic.id());
        hostSwitch.remove(vnic);
        ports.remove(vnic);
        changes.remove(vnic);
    }

    void begin(Procedure procedure) {
        procedures.add(procedure);
    }

    void end(Procedure procedure) {
        procedures.remove(procedure);
    }

    private void run() {
        poller.add(uplink);
        while (!stopping) {
            try {
                boolean worked = turn();
                ports.await(worked, worked ? 0 : waitNanos());
            } catch (RuntimeException bug) {
                failures.report("taking a turn", bug);
                LockSupport.parkNanos(FAILURE_PAUSE_NANOS);
            }
        }
        shutDown();
    }

    private boolean turn() {
        hostSwitch.setNow(clock.getAsLong());
        boolean worked = runCommands();
        worked |= hostSwitch.readUplink() > 0;
        worked |= ports.read(portReader);
        hostSwitch.flush();
        uplinkGate.poll();
        worked |= stepProcedures();
        hostSwitch.flush();
        ports.settle(clock.getAsLong());
        expire();
        return worked;
    }

    private boolean runCommands() {
        int done = 0;
        while (done < COMMANDS_PER_TURN) {
            Runnable command = commands.poll();
            if (command == null) {
                break;
            }
            waitingCommands.decrementAndGet();
            counters.add(HostCounter.COMMANDS);
            done++;
            try {
                command.run();
            } catch (RuntimeException bug) {
                counters.add(HostCounter.COMMAND_FAILURES);
                failures.report("running a command", bug);
            }
        }
        return done > 0;
    }

    private boolean readPort(Vnic vnic) {
        if (vnic.pausing) {
            return false;
        }
        try {
            fromVm.clear();
            if (vnic.port.receive(fromVm) == 0) {
                return false;
            }
            changes.note(vnic);
            if (vmPortTrust == ChecksumTrust.ALL || vnic.port.checksumTrust() == ChecksumTrust.ALL) {
                VnetHeader.setAllValid(fromVm);
            }
            if (vnic.destination != null && vnic.destination.drainsPort()) {
                vnic.destination.returnFromPort(fromVm);
            } else if (vnic.source != null && vnic.source.isEgressClosed()) {
                vnic.source.forwardFromPort(fromVm);
            } else {
                hostSwitch.fromVm(vnic, fromVm);
            }
            return true;
        } catch (RuntimeException bug) {
            // Whatever of the burst was not sent yet is lost: closed rather than open.
            vnic.count(VnicCounter.FAILED, fromVm.count());
            vnic.pausing = true;
            vnic.pausedUntilNanos = clock.getAsLong() + FAILURE_PAUSE_NANOS;
            ports.mayChange(vnic);
            failures.report("carrying frames of " + vnic.id(), bug);
            return false;
        }
    }

    private boolean stepProcedures() {
        if (procedures.isEmpty()) {
            return false;
        }
        boolean worked = false;
        for (Procedure procedure : List.copyOf(procedures)) {
            try {
                worked |= procedure.step(clock.getAsLong());
            } catch (RuntimeException bug) {
                failures.report("stepping " + procedure.getClass().getSimpleName(), bug);
                procedure.breakOff();
            }
        }
        return worked;
    }

    private void expire() {
        long now = clock.getAsLong();
        if (now - nextExpiryNanos < 0) {
            return;
        }
        nextExpiryNanos = now + limits.expiryIntervalNanos();
        uplinkCounters = Map.copyOf(uplink.counters());
        changes.expire(now);
    }

    private long waitNanos() {
        long now = clock.getAsLong();
        long wait = nextExpiryNanos - now;
        if (uplinkGate.isRunning()) {
            wait = Math.min(wait, DRAIN_POLL_NANOS);
        }
        if (ports.isPausing()) {
            wait = Math.min(wait, FAILURE_PAUSE_NANOS);
        }
        for (int i = 0; i < procedures.size(); i++) {
            Procedure procedure = procedures.get(i);
            wait = Math.min(wait, procedure.isDraining() ? DRAIN_POLL_NANOS : procedure.waitNanos(now));
        }
        return Math.max(0, wait);
    }

    private void shutDown() {
        // Commands that still wait see isStopping() and complete with CLOSED.
        Runnable command = commands.poll();
        while (command != null) {
            command.run();
            command = commands.poll();
        }
        for (Vnic vnic : List.copyOf(vnics.values())) {
            remove(vnic);
            vnic.close();
        }
        List.copyOf(procedures).forEach(Procedure::abandon);
        stateWorker.close();
        checkpointWorker.close();
        command = commands.poll();
        while (command != null) {
            command.run();
            command = commands.poll();
        }
        batches.close();
        engineScratch.close();
        poller.remove(uplink);
        uplink.close();
        poller.close();
        arena.close();
        ended.countDown();
    }
}
