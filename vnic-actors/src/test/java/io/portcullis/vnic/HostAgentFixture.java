package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.spec;
import static io.portcullis.vnic.testkit.Samples.table;

import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.Action;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.testkit.FakeDataPath;
import io.portcullis.vnic.testkit.FakePlacementDirectory;
import io.portcullis.vnic.testkit.FakeRuleHitStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A host's agent with its firewalls, on a data path without frames, a directory in memory and a tenant that a test plays. */
final class HostAgentFixture implements AutoCloseable {
    static final HostTiming TIMING = new HostTiming(
            Duration.ofMillis(50),
            1 << 30,
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(300),
            Duration.ofSeconds(3));

    final FakeDataPath dataPath = new FakeDataPath();
    final FakePlacementDirectory placements = new FakePlacementDirectory();
    final FakeRuleHitStore ruleHits = new FakeRuleHitStore();
    final Checkpoints checkpoints;
    private final HostTiming timing;
    final ActorTestKit testKit = ActorTestKit.create();
    final TestProbe<HostReply> asker = testKit.createTestProbe();

    private final Map<VnicId, ActorRef<FirewallCommand>> firewalls = new ConcurrentHashMap<>();
    private final FirewallCounters counters = new FirewallCounters();
    private final AtomicReference<ActorRef<HostCommand>> agentRef = new AtomicReference<>();

    /** What the tenant's rule tables are, for whoever subscribes. */
    private final AtomicReference<Map<VnicId, RuleShelf.Delivery>> tenantRules = new AtomicReference<>(Map.of());

    private final Map<VnicId, TenantCommand.Realized> realized = new ConcurrentHashMap<>();
    private final Map<VnicId, Discovery> discovered = new ConcurrentHashMap<>();
    private final ActorRef<TenantCommand> tenant = testKit.spawn(Behaviors.receiveMessage(message -> {
        if (message instanceof TenantCommand.SubscribeHost subscribe) {
            realized.putAll(subscribe.vnics());
            answer(subscribe);
        } else if (message instanceof TenantCommand.ReportRealized report) {
            realized.putAll(report.vnics());
        } else if (message instanceof TenantCommand.ReportDiscovered report) {
            discovered.putAll(report.vnics());
        }
        return Behaviors.same();
    }));

    static {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
    }

    HostAgentFixture(Path directory) {
        this(directory, TIMING);
    }

    HostAgentFixture(Path directory, HostTiming timing) {
        checkpoints = new Checkpoints(directory);
        this.timing = timing;
    }

    @Override
    public void close() {
        testKit.shutdownTestKit();
    }

    // ---- the tenant

    private void answer(TenantCommand.SubscribeHost subscribe) {
        tenantRules.get().forEach((vnic, delivery) -> {
            TenantCommand.Realized has = subscribe.vnics().get(vnic);
            if (has != null && !has.rules().hash().equals(delivery.table().hash())) {
                subscribe.agent().tell(tables(vnic, delivery));
            }
        });
    }

    static HostCommand.RuleTables tables(VnicId vnic, RuleShelf.Delivery delivery) {
        return new HostCommand.RuleTables(
                ACME,
                Map.of(
                        vnic,
                        new RuleAssignment(delivery.revision(), delivery.table().hash())),
                List.of(delivery.table()));
    }

    /** From now on the tenant gives {@code web-1} these rules. */
    void setRules(long revision, Action action) {
        tenantRules.set(Map.of(WEB_1_ETH0, new RuleShelf.Delivery(revision, table(action))));
    }

    /** From now on the tenant gives nobody rules. */
    void forgetRules() {
        tenantRules.set(Map.of());
    }

    /** What the tenant was told last to be in force. */
    TenantCommand.@Nullable Realized realized(VnicId vnic) {
        return realized.get(vnic);
    }

    /** Which addresses the tenant was told last that the vNIC has. */
    @Nullable
    Discovery discovered(VnicId vnic) {
        return discovered.get(vnic);
    }

    // ---- the host

    ActorRef<HostCommand> start() {
        return start(10);
    }

    ActorRef<HostCommand> start(int maxVnics) {
        FirewallEnvironment forFirewalls = new FirewallEnvironment(
                HOST_1,
                dataPath,
                1_000,
                Duration.ofMillis(300),
                checkpoints.notes(),
                Runnable::run,
                status -> {
                    ActorRef<HostCommand> agent = agentRef.get();
                    if (agent != null) {
                        agent.tell(new HostCommand.VnicChanged(status));
                    }
                },
                counters);
        ActorRef<HostCommand> agent = testKit.spawn(HostAgent.create(
                new HostAgentEnvironment(
                        HOST_1,
                        dataPath,
                        new HostLimits(maxVnics, 1_000),
                        placements,
                        ruleHits,
                        checkpoints,
                        Runnable::run,
                        vnic -> firewalls.computeIfAbsent(vnic, id -> firewall(id, forFirewalls)),
                        _ -> tenant,
                        timing,
                        counters),
                Clock.systemUTC()));
        agentRef.set(agent);
        return agent;
    }

    private ActorRef<FirewallCommand> firewall(VnicId vnic, FirewallEnvironment environment) {
        TestProbe<ClusterSharding.ShardCommand> shard = testKit.createTestProbe();
        return testKit.spawn(VnicFirewall.create(vnic, environment, shard.ref()));
    }

    /** All actors of the host end; what they did in the data path stays. */
    void stopActors(ActorRef<HostCommand> agent) {
        testKit.stop(agent);
        firewalls.values().forEach(testKit::stop);
        firewalls.clear();
    }

    void restoreFromDisk() {
        new LocalRestore(dataPath, checkpoints, 1_000, Duration.ofSeconds(60)).run();
    }

    /** The directory says that {@code web-1} is on this host. */
    void list(long epoch) {
        list(HOST_1, epoch);
    }

    void list(HostId host, long epoch) {
        placements
                .put(new PlacementRow(WEB_1, host, epoch, VmSpecJson.write(spec(WEB_1, 1)), Instant.now()))
                .toCompletableFuture()
                .join();
    }

    // ---- asking

    HostReply.VmAttached attach(long epoch, boolean enforce) {
        return (HostReply.VmAttached) ask(me -> new HostCommand.AttachVm(spec(WEB_1, 1), epoch, enforce, me));
    }

    HostReply.HostStatus host() {
        return (HostReply.HostStatus) ask(HostCommand.GetHost::new);
    }

    HostReply ask(Function<ActorRef<HostReply>, HostCommand> command) {
        agentRef.get().tell(command.apply(asker.ref()));
        return asker.receiveMessage();
    }

    RefusalCode refusalOf(Function<ActorRef<HostReply>, HostCommand> command) {
        return ((Refused) ask(command)).code();
    }
}
