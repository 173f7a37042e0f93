package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.HitLedger;
import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.persistence.HostHits;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.RuleHitStore;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Says what the host has counted of rules, and keeps it in the database. Counts belong to the host that made them: a VM that moves leaves them behind, and
 * the sum over all hosts, also those that are gone, goes on.
 *
 * <pre>
 * READING ──what the host counted before is read──▶ KEEPING ──every {@link HostTiming#hitsInterval}: what changed is written──▶ KEEPING
 * </pre>
 *
 * While READING nothing is written, as it would replace what is to be read, and questions are refused. A process that is killed loses what it counted
 * since the last time.
 */
final class HitKeeper extends AbstractBehavior<HitKeeper.Command> {
    /** How long the last write before a stop may hold up what comes after it. */
    private static final Duration LAST_WRITE_LIMIT = Duration.ofSeconds(2);

    sealed interface Command {}

    record Asked(HostCommand.GetHits request) implements Command {}

    /** The tenant is gone. */
    record Forget(TenantId tenant) implements Command {}

    /** Writes what changed until now, then runs {@code then}, however it went. */
    record Keep(Runnable then) implements Command {}

    private record Tick() implements Command {}

    /** Null if it cannot be read now. */
    private record Read(@Nullable Earlier earlier) implements Command {}

    private record Earlier(HitLedger ledger, Map<TenantId, TenantHits> hits, Set<TenantId> enforced) {}

    /** All that was counted is in the ledger, unless the data path is shut down. */
    private record Collected(HostCommand.@Nullable GetHits request) implements Command {}

    private record Written(Set<TenantId> tenants, @Nullable Throwable failure) implements Command {}

    private final HostId host;
    private final DataPath dataPath;
    private final RuleHitStore store;
    private final PlacementDirectory directory;
    private final Clock clock;
    private final List<Runnable> afterWrite = new ArrayList<>();
    /** Null while READING. */
    private @Nullable HitLedger ledger;

    private boolean reading;
    private boolean writing;

    static Behavior<Command> create(HostAgentEnvironment environment, Clock clock) {
        Behavior<Command> keeper = Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new HitKeeper(context, environment, clock, timers)));
        return Behaviors.supervise(keeper).onFailure(SupervisorStrategy.restart());
    }

    private HitKeeper(
            ActorContext<Command> context,
            HostAgentEnvironment environment,
            Clock clock,
            TimerScheduler<Command> timers) {
        super(context);
        context.setLoggerName(HitKeeper.class);
        this.host = environment.host();
        this.dataPath = environment.dataPath();
        this.store = environment.ruleHits();
        this.directory = environment.directory();
        this.clock = clock;
        timers.startTimerWithFixedDelay(new Tick(), environment.timing().hitsInterval());
        read();
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Asked asked -> collect(asked.request());
            case Forget forget -> onForget(forget);
            case Keep keep -> {
                afterWrite.add(keep.then());
                write();
            }
            case Tick _ -> write();
            case Read read -> onRead(read);
            case Collected collected -> onCollected(collected);
            case Written written -> onWritten(written);
        }
        return this;
    }

    // ---- what was counted before

    private void read() {
        if (!reading) {
            reading = true;
            getContext().pipeToSelf(earlier(), (earlier, _) -> new Read(earlier));
        }
    }

    private CompletionStage<Earlier> earlier() {
        return store.listByHost(host)
                .thenCombine(directory.listByHost(host), (rows, placed) -> {
                    Map<TenantId, TenantHits> hits = new HashMap<>();
                    rows.forEach(row -> hits.put(row.tenant(), row.hits()));
                    Set<TenantId> enforced = new HashSet<>();
                    placed.forEach(row -> enforced.add(row.vm().tenant()));
                    return Map.entry(hits, enforced);
                })
                .thenCombine(
                        dataPath.collectHits(), (read, found) -> new Earlier(found, read.getKey(), read.getValue()));
    }

    private void onRead(Read read) {
        reading = false;
        Earlier earlier = read.earlier();
        if (earlier != null) {
            earlier.ledger().restore(earlier.hits(), earlier.enforced());
            ledger = earlier.ledger();
        }
    }

    // ---- answering and writing

    private void collect(HostCommand.@Nullable GetHits request) {
        getContext().pipeToSelf(dataPath.collectHits(), (_, _) -> new Collected(request));
    }

    private void write() {
        if (!writing) {
            writing = true;
            collect(null);
        }
    }

    private void onCollected(Collected collected) {
        HostCommand.GetHits request = collected.request();
        if (request != null) {
            answer(request);
        } else if (ledger == null) {
            read();
            written();
        } else {
            keep(ledger.takeChanged());
        }
    }

    private void answer(HostCommand.GetHits request) {
        if (ledger == null) {
            request.replyTo()
                    .tell(new Refused(
                            RefusalCode.HOST_UNAVAILABLE,
                            host + " does not know yet what it had counted before its last stop"));
            return;
        }
        HostReply.tell(
                request.replyTo(),
                new HostReply.Hits(host, ledger.of(request.tenant())),
                Parcels.get(getContext().getSystem()));
    }

    private void keep(Map<TenantId, TenantHits> changed) {
        if (changed.isEmpty()) {
            written();
            return;
        }
        List<HostHits> rows = new ArrayList<>();
        changed.forEach((tenant, hits) -> rows.add(new HostHits(host, tenant, clock.instant(), hits)));
        CompletionStage<Integer> done = store.put(rows);
        getContext()
                .pipeToSelf(
                        afterWrite.isEmpty()
                                ? done
                                : done.toCompletableFuture()
                                        .copy()
                                        .orTimeout(LAST_WRITE_LIMIT.toMillis(), TimeUnit.MILLISECONDS),
                        (_, failure) -> new Written(Set.copyOf(changed.keySet()), failure));
    }

    private void onWritten(Written written) {
        Throwable failure = written.failure();
        if (failure != null) {
            getContext().getLog().warn("what rules counted is not written, and will be later: {}", failure.toString());
            if (ledger != null) {
                ledger.changedStill(written.tenants());
            }
        }
        written();
    }

    private void written() {
        writing = false;
        List<Runnable> now = List.copyOf(afterWrite);
        afterWrite.clear();
        now.forEach(Runnable::run);
    }

    private void onForget(Forget forget) {
        if (ledger != null) {
            ledger.forget(forget.tenant());
        }
    }
}
