package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.ShardCoordinator.ShardAllocationStrategy;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityContext;
import org.jspecify.annotations.Nullable;

/**
 * Registers the entities of this module with cluster sharding and finds them. Every node calls {@link #init} once, also one without a
 * host; a node with a host then spawns {@link #hostAgent()} directly under its guardian, as {@link HostAgent#NAME}.
 */
public final class ShardedVnicActors implements VnicActors {
    /** Where blocking calls run; see {@code portcullis.blocking-dispatcher}. */
    private static final String BLOCKING_DISPATCHER = "portcullis.blocking-dispatcher";

    private final ActorSystem<?> system;
    private final ClusterSharding sharding;
    private final HostDirectory directory;
    private final @Nullable LocalHost localHost;
    private final FirewallCounters firewallCounters = new FirewallCounters();
    private final AtomicReference<@Nullable ActorRef<HostCommand>> agent = new AtomicReference<>();

    private ShardedVnicActors(ActorSystem<?> system, @Nullable LocalHost localHost) {
        this.system = system;
        this.sharding = ClusterSharding.get(system);
        this.directory = new ClusterHostDirectory(system);
        this.localHost = localHost;
    }

    /**
     * Registers the entities; they run on nodes with the role {@code host}. The schema must be there.
     *
     * @param allocation puts the shard that is called like a host on that host's node, and never moves it
     * @param localHost null on a node without a host
     */
    public static ShardedVnicActors init(
            ActorSystem<?> system, ShardAllocationStrategy allocation, @Nullable LocalHost localHost) {
        ShardedVnicActors actors = new ShardedVnicActors(system, localHost);
        actors.register(allocation);
        return actors;
    }

    private void register(ShardAllocationStrategy allocation) {
        ClusterShardingSettings settings =
                ClusterShardingSettings.create(system).withNoPassivationStrategy();
        PolicyCompiler compiler = new PolicyCompiler();
        sharding.init(Entity.of(VnicFirewall.TYPE_KEY, this::firewall)
                .withMessageExtractor(new FirewallExtractor())
                .withAllocationStrategy(allocation)
                .withStopMessage(new FirewallCommand.Stop())
                .withRole(HostDirectory.HOST_ROLE)
                .withSettings(settings));
        sharding.init(Entity.of(TenantRegistry.TYPE_KEY, _ -> TenantRegistry.create())
                .withStopMessage(new RegistryCommand.Stop())
                .withRole(HostDirectory.HOST_ROLE)
                .withSettings(settings));
        sharding.init(Entity.of(
                        TenantPolicy.TYPE_KEY,
                        entity -> TenantPolicy.create(
                                new TenantId(entity.getEntityId()),
                                this::tenantPolicy,
                                tenantRegistry(),
                                requireHost().directory(),
                                compiler,
                                Clock.systemUTC()))
                .withStopMessage(new TenantCommand.Stop())
                .withRole(HostDirectory.HOST_ROLE)
                .withSettings(settings));
    }

    private Behavior<FirewallCommand> firewall(EntityContext<FirewallCommand> entity) {
        String id = entity.getEntityId();
        String host = id.substring(0, id.indexOf('|'));
        LocalHost local = localHost;
        if (local == null || !local.id().value().equals(host)) {
            return misplaced(host);
        }
        return VnicFirewall.create(
                VnicId.parse(id.substring(host.length() + 1)),
                new FirewallEnvironment(
                        local.id(),
                        local.dataPath(),
                        local.limits().maxConnectionsPerVnic(),
                        local.timing().rulesTimeout(),
                        local.checkpoints().notes(),
                        blocking(),
                        status -> {
                            ActorRef<HostCommand> here = agent.get();
                            if (here != null) {
                                here.tell(new HostCommand.VnicChanged(status));
                            }
                        },
                        firewallCounters),
                entity.getShard());
    }

    /** A firewall on a node that is not its host would enforce nothing: it says so. */
    private static Behavior<FirewallCommand> misplaced(String host) {
        return Behaviors.receiveMessage(command -> switch (command) {
            case FirewallCommand.Request request -> {
                request.replyTo()
                        .tell(new Refused(RefusalCode.HOST_UNAVAILABLE, "host " + host + " is not on this node"));
                yield Behaviors.same();
            }
            case FirewallCommand.Own _ -> Behaviors.stopped();
        });
    }

    /** The agent of this node's host. Throws {@link IllegalStateException} on a node without one. */
    public Behavior<HostCommand> hostAgent() {
        LocalHost local = requireHost();
        return Behaviors.setup(context -> {
            agent.set(context.getSelf());
            return HostAgent.create(
                    new HostAgentEnvironment(
                            local.id(),
                            local.dataPath(),
                            local.limits(),
                            local.directory(),
                            local.ruleHits(),
                            local.checkpoints(),
                            blocking(),
                            vnic -> entity(local.id(), vnic),
                            this::tenantPolicy,
                            local.timing(),
                            firewallCounters),
                    Clock.systemUTC());
        });
    }

    private LocalHost requireHost() {
        LocalHost local = localHost;
        if (local == null) {
            throw new IllegalStateException("this node has no host");
        }
        return local;
    }

    private Executor blocking() {
        return system.dispatchers().lookup(DispatcherSelector.fromConfig(BLOCKING_DISPATCHER));
    }

    @Override
    public HostDirectory hosts() {
        return directory;
    }

    @Override
    public Optional<RecipientRef<FirewallCommand>> firewall(HostId host, VnicId vnic) {
        return directory.isUp(host) ? Optional.of(entity(host, vnic)) : Optional.empty();
    }

    private RecipientRef<FirewallCommand> entity(HostId host, VnicId vnic) {
        return sharding.entityRefFor(VnicFirewall.TYPE_KEY, VnicFirewall.entityId(host, vnic));
    }

    @Override
    public Optional<ActorRef<HostCommand>> hostAgent(HostId host) {
        return directory
                .find(host)
                .filter(HostNode::answers)
                .map(node -> ActorRefResolver.get(system)
                        .resolveActorRef(node.address().address() + "/user/" + HostAgent.NAME));
    }

    @Override
    public RecipientRef<TenantCommand> tenantPolicy(TenantId tenant) {
        return sharding.entityRefFor(TenantPolicy.TYPE_KEY, tenant.value());
    }

    @Override
    public RecipientRef<RegistryCommand> tenantRegistry() {
        return sharding.entityRefFor(TenantRegistry.TYPE_KEY, TenantRegistry.ENTITY_ID);
    }
}
