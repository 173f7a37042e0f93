package io.portcullis.simulation;

import io.portcullis.migration.PlacementCommand;
import io.portcullis.migration.PlacementReply;
import io.portcullis.policy.Action;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Vm;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.TenantEdit;
import io.portcullis.vnic.TenantReply;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** One run: a cluster is filled, rests, and goes through one change after the other. On the simulation's thread, but for {@link #run}. */
final class SimRun {
    /** Virtual time after a change during which what it causes is counted. */
    static final int CHANGE_SECONDS = 10;

    /** Name of the node whose API has the requests. */
    private static final String API = "api";

    private static final Duration STEP = Duration.ofMillis(2);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Until firewalls that nobody asks anything rest, and everybody has been told everything. */
    private static final Duration REST = Duration.ofSeconds(65);

    private static final int STEADY_SECONDS = 60;
    private static final int ATTACHES_PER_HOST = 2;
    private static final int EDITS_AT_ONCE = 4_000;
    private static final int SETTLE_ROUNDS = 3;

    private final SimShape shape;
    private final SimLoop loop;
    private final SimCluster cluster;
    private final SimDatabase database;
    private final List<SimResult.Change> changes = new ArrayList<>();
    private int lastCause = SimLoop.BACKGROUND;
    private int nextVm;

    private SimRun(SimShape shape, SimLoop loop, SimCluster cluster) {
        this.shape = shape;
        this.loop = loop;
        this.cluster = cluster;
        this.database = loop.database();
        this.nextVm = shape.vms();
    }

    /** From any thread; takes as long as one core needs for what all nodes do. */
    static SimResult run(SimShape shape) throws Exception {
        try (SimLoop loop = new SimLoop();
                SimCluster cluster = SimCluster.start(loop)) {
            return loop.call(() -> new SimRun(shape, loop, cluster).run());
        }
    }

    private SimResult run() {
        long before = usedHeap();
        long cpuBefore = cpuNanos();
        for (int host = 0; host < shape.hosts(); host++) {
            cluster.join(SimShape.host(host));
        }
        loop.advance(Duration.ofSeconds(CHANGE_SECONDS));
        long cpuOfHosts = cpuNanos() - cpuBefore;
        long withHosts = usedHeap();
        cpuBefore = cpuNanos();
        SimResult.Kinds attach = fill();
        double startSeconds = (cpuOfHosts + cpuNanos() - cpuBefore) / 1e9;
        loop.advance(REST);
        long stored = database.journalBytes() + database.directory().bytes();
        double heapPerVnic = (double) (usedHeap() - withHosts - stored) / shape.vnics();
        int rows = database.directory().rows();
        long bytes = database.directory().bytes();
        long journalBytes = database.journalBytes();
        long events = database.eventsWritten();

        SimResult.Steady steady = steady(shape.hosts());
        change();
        SimResult.Steady away = steady(shape.hosts());
        return new SimResult(
                shape,
                startSeconds,
                attach,
                steady,
                away,
                rows,
                bytes,
                journalBytes,
                events,
                (double) (withHosts - before) / shape.hosts(),
                heapPerVnic,
                changes,
                cluster.lost(),
                loop.network().largest().bytes(),
                loop.network().largest().kind(),
                loop.network().longestMailbox());
    }

    // ---- filling it

    private SimResult.Kinds fill() {
        for (int tenant = 0; tenant < shape.tenants(); tenant++) {
            TenantId id = SimShape.tenant(tenant);
            await(ask(
                    ++lastCause,
                    cluster.tenantPolicy(id),
                    (ActorRef<TenantReply> me) ->
                            new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "ann", me)));
            List<ModelEdit> edits = shape.edits(tenant);
            for (int first = 0; first < edits.size(); first += EDITS_AT_ONCE) {
                edit(lastCause, id, edits.subList(first, Math.min(edits.size(), first + EDITS_AT_ONCE)));
            }
        }
        int cause = ++lastCause;
        attachAll(cause);
        return SimResult.Kinds.of(loop.network().traffic(cause));
    }

    private void attachAll(int cause) {
        Queue<CompletableFuture<?>> underWay = new ArrayDeque<>();
        for (int vm = 0; vm < shape.vms(); vm++) {
            underWay.add(attach(cause, shape.vm(vm, shape.vnicsPerVm()), shape.hostOf(vm)));
            while (underWay.size() >= ATTACHES_PER_HOST * shape.hosts()) {
                await(underWay.remove());
            }
        }
        underWay.forEach(this::await);
    }

    private CompletableFuture<PlacementReply> attach(int cause, Vm vm, HostId host) {
        return ask(
                        cause,
                        cluster.placement(vm.id()),
                        (ActorRef<PlacementReply> me) -> new PlacementCommand.AttachVm(shape.spec(vm), host, "ann", me))
                .thenApply(reply -> switch (reply) {
                    case PlacementReply.Attached attached -> attached;
                    case PlacementReply other ->
                        throw new IllegalStateException(vm.id() + " is not attached: " + other);
                });
    }

    private void edit(int cause, TenantId tenant, List<ModelEdit> edits) {
        TenantReply reply = await(ask(
                cause,
                cluster.tenantPolicy(tenant),
                (ActorRef<TenantReply> me) -> new TenantCommand.Edit(
                        edits.stream().<TenantEdit>map(TenantEdit.Change::new).toList(), null, "ann", me)));
        if (!(reply instanceof TenantReply.Applied)) {
            throw new IllegalStateException("an edit of " + tenant + " is refused: " + reply);
        }
    }

    // ---- what goes on all the time

    private SimResult.Steady steady(int hosts) {
        loop.network().resetBackground();
        long rows = database.directory().rowsRead();
        loop.advance(Duration.ofSeconds(STEADY_SECONDS));
        return new SimResult.Steady(
                hosts,
                STEADY_SECONDS,
                SimResult.Kinds.of(loop.network().traffic(SimLoop.BACKGROUND)),
                loop.network().busiest(),
                database.directory().rowsRead() - rows);
    }

    // ---- one change after the other

    private void change() {
        Vm added = shape.vm(nextVm++, 1);
        change("attach", cause -> {
            edit(cause, added.id().tenant(), List.of(new ModelEdit.PutVm(added)));
            await(attach(cause, added, SimShape.host(0)));
        });
        change("tag", cause -> edit(cause, shape.tenantOf(0), List.of(shape.tagChange(0))));
        change(
                "policy",
                cause -> edit(cause, SimShape.tenant(0), List.of(new ModelEdit.PutPolicy(shape.policy(0, 0, false)))));
        change(
                "detach",
                cause -> await(ask(
                        cause,
                        cluster.placement(added.id()),
                        (ActorRef<PlacementReply> me) -> new PlacementCommand.DetachVm("ann", me))));
        HostId joining = SimShape.host(shape.hosts());
        change("join", cause -> loop.as(null, cause, () -> cluster.join(joining)));
        Vm first = shape.vm(nextVm++, 1);
        change("first attach", cause -> {
            edit(cause, first.id().tenant(), List.of(new ModelEdit.PutVm(first)));
            await(attach(cause, first, joining));
        });
        change("leave", cause -> loop.as(null, cause, () -> cluster.kill(SimShape.host(shape.hosts() - 1))));
        loop.advance(REST);
    }

    private void change(String name, IntConsumer what) {
        int cause = ++lastCause;
        long installs = cluster.installs();
        long events = database.eventsWritten();
        long begun = loop.nowNanos();
        what.accept(cause);
        loop.advance(Duration.ofSeconds(CHANGE_SECONDS));
        Traffic sent = loop.network().traffic(cause);
        changes.add(new SimResult.Change(
                name,
                SimResult.Kinds.of(sent),
                cluster.installs() - installs,
                Math.max(0, sent.lastNanos() - begun) / 1e6,
                database.eventsWritten() - events));
    }

    // ---- asking

    private <Q, A> CompletableFuture<A> ask(int cause, RecipientRef<Q> whom, Function<ActorRef<A>, Q> question) {
        List<CompletableFuture<A>> answer = new ArrayList<>(1);
        loop.as(
                API,
                cause,
                () -> answer.add(AskPattern.<Q, A>ask(
                                whom,
                                question::apply,
                                PATIENCE,
                                cluster.system().scheduler())
                        .toCompletableFuture()));
        return answer.getFirst();
    }

    private <A> A await(CompletableFuture<A> answer) {
        while (!answer.isDone()) {
            loop.advance(STEP);
        }
        return answer.join();
    }

    // ---- measuring

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static long usedHeap() {
        Runtime runtime = Runtime.getRuntime();
        long used = Long.MAX_VALUE;
        for (int round = 0; round < SETTLE_ROUNDS; round++) {
            System.gc();
            used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
        }
        return used;
    }
}
