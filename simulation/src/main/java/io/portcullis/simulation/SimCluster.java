package io.portcullis.simulation;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.migration.AgentCommand;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.HostLookup;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.FirewallCommand;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostDirectory;
import io.portcullis.vnic.HostNode;
import io.portcullis.vnic.RegistryCommand;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.TenantRegistry;
import io.portcullis.vnic.VnicActors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.pekko.actor.ActorRefProvider;
import org.apache.pekko.actor.DeadLetter;
import org.apache.pekko.actor.Dropped;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The nodes of a simulation and where everything is on them, in the place of Pekko's membership and sharding: every node knows at once who is there, and an entity is on
 * the node that its id is drawn to. Belongs to the simulation's thread, but for {@link #start} and {@link #close}.
 */
final class SimCluster implements VnicActors, HostDirectory, HostLookup, AutoCloseable {
    /** Of each kind of entity: those of one shard are on one node. Pekko's default. */
    private static final int SHARDS = 1_000;

    private static final Config SETTINGS = ConfigFactory.parseString("""
        pekko {
          loglevel = WARNING
          loggers = []
          stdout-loglevel = OFF
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          jvm-exit-on-fatal-error = off
          fail-mixed-versions = off
          coordinated-shutdown.run-by-jvm-shutdown-hook = off
          scheduler.implementation = "io.portcullis.simulation.SimScheduler"
          actor {
            provider = local
            allow-java-serialization = off
            default-mailbox.mailbox-type = "io.portcullis.simulation.SimMailboxes"
            typed.default-mailbox.mailbox-type = "io.portcullis.simulation.SimMailboxes"
            default-dispatcher { type = Dispatcher, executor = "io.portcullis.simulation.SimExecutor", throughput = 1 }
            internal-dispatcher = "pekko.actor.default-dispatcher"
          }
          serialization.jackson.jackson-cbor.compression { algorithm = lz4, compress-larger-than = 32 KiB }
          persistence {
            journal.plugin = "portcullis.simulation.journal"
            snapshot-store.plugin = "portcullis.simulation.snapshots"
            dispatchers.default-plugin-dispatcher { type = Dispatcher, executor = "io.portcullis.simulation.SimExecutor", throughput = 1 }
          }
        }
        portcullis.simulation {
          journal { class = "io.portcullis.simulation.SimJournal", plugin-dispatcher = "pekko.actor.default-dispatcher" }
          snapshots { class = "io.portcullis.simulation.SimSnapshots", plugin-dispatcher = "pekko.actor.default-dispatcher" }
        }
        """);

    /** For the guardian, from which all nodes are. */
    private sealed interface Order {}

    private record Spawn(SimNode node, boolean withOperations) implements Order {}

    private record Stop(String name) implements Order {}

    private final SimLoop loop;
    private final ActorSystem<Order> system;
    private final Map<HostId, SimNode> nodes = new LinkedHashMap<>();
    private final Map<HostId, HostNode> members = new HashMap<>();
    private final List<SimNode> homes = new ArrayList<>();
    private final Map<String, SimNode[]> shards = new HashMap<>();
    private final Map<String, Long> lost = new HashMap<>();

    private SimCluster(SimLoop loop, ActorSystem<Order> system) {
        this.loop = loop;
        this.system = system;
    }

    /** A cluster without a node. */
    static SimCluster start(SimLoop loop) {
        Config settings = ConfigFactory.parseString(SimLoop.SETTING + " = " + loop.id())
                .withFallback(SETTINGS)
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
        ActorSystem<Order> system = ActorSystem.create(
                Behaviors.setup(context -> Behaviors.receiveMessage(order -> {
                    switch (order) {
                        case Spawn(SimNode node, boolean withOperations) ->
                            context.spawn(
                                    node.behavior(withOperations), node.host().value());
                        case Stop(String name) -> context.getChild(name).ifPresent(context::stop);
                    }
                    return Behaviors.same();
                })),
                "simulation",
                settings);
        ExtendedActorSystem classic =
                (ExtendedActorSystem) org.apache.pekko.actor.typed.javadsl.Adapter.toClassic(system);
        loop.network().begin(classic);
        SimCluster cluster = new SimCluster(loop, system);
        org.apache.pekko.actor.ActorRef watch =
                org.apache.pekko.actor.typed.javadsl.Adapter.toClassic(system.systemActorOf(
                        cluster.countsLost(), "lost-messages", org.apache.pekko.actor.typed.Props.empty()));
        classic.eventStream().subscribe(watch, DeadLetter.class);
        classic.eventStream().subscribe(watch, Dropped.class);
        return cluster;
    }

    private org.apache.pekko.actor.typed.Behavior<Object> countsLost() {
        return Behaviors.receiveMessage(message -> {
            switch (message) {
                case DeadLetter dead -> lost.merge("dead letter: " + SimNetwork.kindOf(dead.message()), 1L, Long::sum);
                case Dropped dropped ->
                    lost.merge(dropped.reason() + ": " + SimNetwork.kindOf(dropped.message()), 1L, Long::sum);
                default -> {}
            }
            return Behaviors.same();
        });
    }

    SimLoop loop() {
        return loop;
    }

    ActorSystem<?> system() {
        return system;
    }

    /** Messages that nobody got, by what became of them. */
    Map<String, Long> lost() {
        return Map.copyOf(lost);
    }

    // ---- nodes

    /** A node joins, with an empty host, or with what it had if it was there before. */
    void join(HostId host) {
        SimNode node = nodes.computeIfAbsent(host, id -> new SimNode(id, this));
        homes.add(node);
        members.put(host, node.asMember());
        loop.network().setDown(host.value(), false);
        system.tell(new Spawn(node, homes.size() == 1));
        loop.drain();
    }

    /** A node dies, and all others know it; its host's data path goes on. */
    void kill(HostId host) {
        SimNode node = find(nodes.get(host), host);
        homes.remove(node);
        members.remove(host);
        for (SimNode[] its : shards.values()) {
            for (int shard = 0; shard < SHARDS; shard++) {
                its[shard] = its[shard] == node ? null : its[shard];
            }
        }
        loop.network().setDown(host.value(), true);
        system.tell(new Stop(host.value()));
        loop.drain();
    }

    private static <T> T find(@org.jspecify.annotations.Nullable T found, Object what) {
        if (found == null) {
            throw new IllegalStateException("there is no " + what);
        }
        return found;
    }

    /** How often rules were put in force, on all hosts together. */
    long installs() {
        return nodes.values().stream().mapToLong(SimNode::installs).sum();
    }

    // ---- entities

    <M> RecipientRef<M> entity(String kind, String id, Function<SimNode, ActorRef<SimShard.Command>> shard) {
        return new SimShard.Ref<M>(() -> shard.apply(home(kind, id)), id, provider());
    }

    ActorRefProvider provider() {
        return ((ExtendedActorSystem) org.apache.pekko.actor.typed.javadsl.Adapter.toClassic(system)).provider();
    }

    private SimNode home(String kind, String id) {
        SimNode[] its = shards.computeIfAbsent(kind, _ -> new SimNode[SHARDS]);
        int shard = Math.floorMod(id.hashCode(), SHARDS);
        if (its[shard] == null) {
            its[shard] = homes.get(Math.floorMod((kind + shard).hashCode(), homes.size()));
        }
        return its[shard];
    }

    RecipientRef<PlacementCommand> placement(VmId vm) {
        return entity("placement", vm.toString(), SimNode::placements);
    }

    RecipientRef<BulkCommand> operations() {
        return homes.getFirst().operations();
    }

    @Override
    public RecipientRef<TenantCommand> tenantPolicy(TenantId tenant) {
        return entity("tenant", tenant.value(), SimNode::tenants);
    }

    @Override
    public RecipientRef<RegistryCommand> tenantRegistry() {
        return entity("registry", TenantRegistry.ENTITY_ID, SimNode::registry);
    }

    @Override
    public HostDirectory hosts() {
        return this;
    }

    @Override
    public Optional<RecipientRef<FirewallCommand>> firewall(HostId host, VnicId vnic) {
        SimNode node = nodes.get(host);
        return node != null && members.containsKey(host) ? Optional.of(node.firewall(vnic)) : Optional.empty();
    }

    @Override
    public Optional<ActorRef<HostCommand>> hostAgent(HostId host) {
        return members.containsKey(host)
                ? Optional.of(find(nodes.get(host), host).hostAgent())
                : Optional.empty();
    }

    // ---- membership

    @Override
    public Optional<HostNode> find(HostId host) {
        return Optional.ofNullable(members.get(host));
    }

    @Override
    public Map<HostId, HostNode> all() {
        return members;
    }

    @Override
    public Presence presence(HostId host) {
        return members.containsKey(host) ? Presence.UP : Presence.ABSENT;
    }

    @Override
    public Set<HostId> up() {
        return members.keySet();
    }

    @Override
    public RecipientRef<AgentCommand> agent(HostId host) {
        return members.containsKey(host)
                ? find(nodes.get(host), host).migrationAgent()
                : system.<AgentCommand>deadLetters();
    }

    @Override
    public Optional<String> node(HostId host) {
        return Optional.ofNullable(members.get(host)).map(node -> node.address().toString());
    }

    /** From any other thread than the simulation's. */
    @Override
    public void close() {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().join();
    }
}
