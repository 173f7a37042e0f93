package io.portcullis.migration;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.migration.model.EnforcementHistory;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicSpec;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Hosts with agents, placements with an in-memory journal, and who is a member, all in one actor system. */
final class FakeCluster implements HostLookup, PlacementRecords, AutoCloseable {
    static final HostId ONE = new HostId("host-1");
    static final HostId TWO = new HostId("host-2");
    static final VmSpec WEB = spec("acme/web-1", 2);
    static final VnicId ETH0 = WEB.vnicIds().getFirst();
    static final VnicId ETH1 = WEB.vnicIds().getLast();

    /** How long a test waits for what must happen. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Config FAST = ConfigFactory.parseString("""
        portcullis.migration {
          host-wait = 200ms, check-timeout = 10s
          attach-timeout = 30s, prepare-timeout = 30s, cutover-timeout = 30s, release-timeout = 30s, step-timeout = 30s
          retry-interval = 50ms, clear-delay = 200ms, linger = 1s, wake-interval = 100ms
          evacuation.retry-interval = 50ms, turns.refresh-interval = 100ms
        }\
        """);

    final ActorTestKit kit;
    final EnforcementHistory ledger = new EnforcementHistory();
    final MigrationSettings settings;
    final TurnCounters turns = new TurnCounters();
    final List<PlacementState> written = new CopyOnWriteArrayList<>();
    private final Map<HostId, Presence> presence = new ConcurrentHashMap<>();
    private final Set<HostId> missed = ConcurrentHashMap.newKeySet();
    private final Map<HostId, FakeVmHost> hosts = new ConcurrentHashMap<>();
    private final Map<HostId, ActorRef<AgentCommand>> agents = new ConcurrentHashMap<>();
    private final Map<VmId, ActorRef<PlacementCommand>> placements = new ConcurrentHashMap<>();
    private final Map<HostId, Integer> incarnations = new ConcurrentHashMap<>();
    private final AtomicInteger ids = new AtomicInteger();
    private final AtomicInteger rested = new AtomicInteger();
    private volatile boolean slowToStop;
    private volatile @Nullable RuntimeException databaseFailure;
    private volatile long writeDelayMillis;
    private final AtomicReference<@Nullable Class<?>> blundering = new AtomicReference<>();
    private volatile double lossProbability;
    private volatile Random chance = new Random(0);

    static {
        Awaitility.setDefaultTimeout(PATIENCE);
    }

    /** With limits that no test reaches, however slow the machine is. */
    FakeCluster() {
        this("");
    }

    /** @param limits settings of {@code portcullis.migration} that the test wants to reach */
    FakeCluster(String limits) {
        Config config = ConfigFactory.parseString("portcullis.migration {" + limits + "}")
                .withFallback(PersistenceTestKitPlugin.config())
                .withFallback(PersistenceTestKitSnapshotPlugin.config())
                .withFallback(FAST)
                .withFallback(ConfigFactory.parseResources("application-test.conf"))
                .withFallback(ConfigFactory.load());
        kit = ActorTestKit.create("migration-test", config.resolve());
        settings = MigrationSettings.of(kit.system().settings().config());
        addHost(ONE);
        addHost(TWO);
    }

    static VmSpec spec(String vm, int vnics) {
        VmId id = VmId.parse(vm);
        return new VmSpec(
                id,
                IntStream.range(0, vnics)
                        .mapToObj(i -> new VnicSpec(
                                new VnicId(id, "eth" + i),
                                new MacAddress(0x02_00_00_00_00_00L + (vm.hashCode() & 0xffff) * 16L + i),
                                List.of(),
                                10 + i,
                                "memory:" + vm.replace('/', '-') + "-" + i))
                        .toList());
    }

    // ---- hosts

    void addHost(HostId host) {
        hosts.computeIfAbsent(host, id -> new FakeVmHost(id, ledger)).comeBack();
        incarnations.merge(host, 1, Integer::sum);
        agents.put(
                host,
                kit.spawn(MigrationAgent.create(
                        new AgentEnvironment(host(host), vm -> lossy(reported(vm)), settings, turns))));
        presence.put(host, Presence.UP);
    }

    /** The next time that an actor of this class tells a placement something it meets a bug, once. */
    void blunderAtReport(Class<?> actor) {
        blundering.set(actor);
    }

    /** Whether somebody has met each bug of this and of the hosts. */
    boolean hasBlundered() {
        return blundering.get() == null && hosts.values().stream().allMatch(FakeVmHost::hasBlundered);
    }

    private ActorRef<PlacementCommand> reported(VmId vm) {
        Class<?> actor = blundering.get();
        if (actor != null
                && StackWalker.getInstance()
                        .walk(frames ->
                                frames.anyMatch(frame -> frame.getClassName().equals(actor.getName())))
                && blundering.compareAndSet(actor, null)) {
            throw new IllegalStateException("a bug of " + actor.getSimpleName() + " in this test");
        }
        return placement(vm);
    }

    FakeVmHost host(HostId host) {
        return Objects.requireNonNull(hosts.get(host));
    }

    /** The process is killed and the cluster removes the member. */
    void kill(HostId host) {
        host(host).die();
        kit.stop(Objects.requireNonNull(agents.get(host)));
        presence.put(host, Presence.ABSENT);
    }

    /** The cluster takes the node for dead and it stops its actors; its data path lives on. */
    void isolate(HostId host) {
        kit.stop(Objects.requireNonNull(agents.get(host)));
        presence.put(host, Presence.ABSENT);
    }

    /** The node's actor system restarts, its data path lives on. */
    void restartAgent(HostId host) {
        kit.stop(Objects.requireNonNull(agents.get(host)));
        addHost(host);
    }

    void set(HostId host, Presence now) {
        presence.put(host, now);
    }

    @Override
    public Presence presence(HostId host) {
        Presence found = presence.getOrDefault(host, Presence.ABSENT);
        if (found == Presence.ABSENT) {
            missed.add(host);
        }
        return found;
    }

    /** Whether anybody has looked for the host while it was no member. */
    boolean wasMissed(HostId host) {
        return missed.contains(host);
    }

    @Override
    public Set<HostId> up() {
        return presence.entrySet().stream()
                .filter(entry -> entry.getValue() == Presence.UP)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    @Override
    public RecipientRef<AgentCommand> agent(HostId host) {
        ActorRef<AgentCommand> agent = agents.get(host);
        return agent == null ? kit.system().<AgentCommand>deadLetters() : lossy(agent);
    }

    /** From now on, orders to hosts and reports to placements get lost, or come twice, with this probability each. */
    void loseMessages(Random random, double probability) {
        chance = random;
        lossProbability = probability;
    }

    private <T> ActorRef<T> lossy(ActorRef<T> to) {
        if (lossProbability == 0) {
            return to;
        }
        double lot;
        synchronized (this) {
            lot = chance.nextDouble();
        }
        return lot < lossProbability
                ? kit.system().deadLetters()
                : lot < 2 * lossProbability ? kit.spawn(twice(to)) : to;
    }

    private static <T> Behavior<T> twice(ActorRef<T> to) {
        return Behaviors.receiveMessage(message -> {
            to.tell(message);
            to.tell(message);
            return Behaviors.stopped();
        });
    }

    @Override
    public Optional<String> node(HostId host) {
        return presence.getOrDefault(host, Presence.ABSENT) == Presence.ABSENT
                ? Optional.empty()
                : Optional.of(host + "#" + incarnations.get(host));
    }

    // ---- placements

    ActorRef<PlacementCommand> placement(VmId vm) {
        return placements.computeIfAbsent(
                vm,
                id -> kit.spawn(VmPlacement.create(
                        id,
                        new PlacementEnvironment(
                                this,
                                this::placement,
                                this,
                                settings,
                                () -> "m" + ids.incrementAndGet(),
                                System::currentTimeMillis),
                        kit.spawn(shard()))));
    }

    /** As a shard, lets a placement stop that asks for it; the next message starts it again. */
    private Behavior<ClusterSharding.ShardCommand> shard() {
        return Behaviors.receiveMessage(command -> {
            if (command instanceof ClusterSharding.Passivate<?> rests) {
                placements.values().removeIf(placement -> placement.equals(rests.entity()));
                if (!slowToStop) {
                    Adapter.toClassic(rests.entity())
                            .tell(PoisonPill.getInstance(), org.apache.pekko.actor.ActorRef.noSender());
                }
                rested.incrementAndGet();
            }
            return Behaviors.stopped();
        });
    }

    /** From now on the shard stops nobody of those that ask for it, but starts others in their place. */
    void slowToStop() {
        slowToStop = true;
    }

    /** How often a placement was let stop because it had nothing to do. */
    int rested() {
        return rested.get();
    }

    /** The node of the coordinator dies; the next message starts it elsewhere, from its journal. */
    void restartPlacement(VmId vm) {
        ActorRef<PlacementCommand> old = placements.remove(vm);
        if (old != null) {
            kit.stop(old);
        }
        placement(vm);
    }

    void slowDatabase(long delayMillis) {
        writeDelayMillis = delayMillis;
    }

    void failDatabase(@Nullable RuntimeException failure) {
        databaseFailure = failure;
    }

    @Override
    public CompletionStage<Void> write(PlacementState state) {
        RuntimeException failure = databaseFailure;
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        return CompletableFuture.runAsync(
                () -> written.add(state), CompletableFuture.delayedExecutor(writeDelayMillis, TimeUnit.MILLISECONDS));
    }

    /** What the directory says. */
    List<VmId> vmsAt(HostId host) {
        Map<VmId, PlacementState> newest = new LinkedHashMap<>();
        written.forEach(state -> newest.put(state.vm(), state));
        return newest.values().stream()
                .filter(state -> host.equals(state.host()) && state.phase() != PlacementPhase.ATTACHING)
                .map(PlacementState::vm)
                .toList();
    }

    // ---- orders

    PlacementReply attach(VmSpec spec, HostId host) {
        return ask(spec.vm(), replyTo -> new PlacementCommand.AttachVm(spec, host, "ann", replyTo));
    }

    PlacementReply detach(VmSpec spec) {
        return ask(spec.vm(), replyTo -> new PlacementCommand.DetachVm("ann", replyTo));
    }

    PlacementReply migrate(VmSpec spec, HostId to) {
        return ask(spec.vm(), replyTo -> new PlacementCommand.MigrateVm(to, "ann", replyTo));
    }

    PlacementReply cancel(VmSpec spec, String id) {
        return ask(spec.vm(), replyTo -> new PlacementCommand.CancelMigration(id, "bob", replyTo));
    }

    String startMigration(VmSpec spec, HostId to) {
        PlacementReply reply = migrate(spec, to);
        assertThat(reply).isInstanceOf(PlacementReply.MigrationAccepted.class);
        return ((PlacementReply.MigrationAccepted) reply).id();
    }

    PlacementView view(VmSpec spec) {
        return ((PlacementReply.Placement) ask(spec.vm(), PlacementCommand.GetPlacement::new)).view();
    }

    PlacementReply ask(VmId vm, Function<ActorRef<PlacementReply>, PlacementCommand> command) {
        TestProbe<PlacementReply> probe = kit.createTestProbe();
        placement(vm).tell(command.apply(probe.getRef()));
        PlacementReply reply = probe.receiveMessage(PATIENCE);
        probe.stop();
        return reply;
    }

    void awaitPhase(VmSpec spec, PlacementPhase phase) {
        Awaitility.await().until(() -> view(spec).phase() == phase);
    }

    /** Waits for the end of a migration. */
    MigrationReceipt receipt(VmSpec spec, String id) {
        Awaitility.await().until(() -> {
            PlacementView view = view(spec);
            return view.phase() == PlacementPhase.PLACED
                    && view.lastReceipt() != null
                    && view.lastReceipt().id().equals(id);
        });
        return Objects.requireNonNull(view(spec).lastReceipt());
    }

    @Override
    public void close() {
        kit.shutdownTestKit();
        assertThat(ledger.violations()).isEmpty();
    }
}
