package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.MigrationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.ReceiptView;
import io.portcullis.api.VmView;
import io.portcullis.cluster.HostUnderTest;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.migration.AgentCommand;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.remote.testconductor.RoleName;
import org.jspecify.annotations.Nullable;

/**
 * A scenario whose roles are whole hosts. The first role conducts: the fabric and the VMs are in its process, beside its
 * host. Roles tell each other addresses through files in the shared directory, always before a barrier.
 */
abstract class ClusterScenario extends MultiNodeScenario {
    static final Duration LIMIT = Duration.ofSeconds(90);

    final HostsConfig config;
    private final Map<String, PortcullisClient> clients = new HashMap<>();
    private @Nullable MemoryLab lab;
    private @Nullable HostUnderTest host;
    private @Nullable EnforcementWatch watch;

    ClusterScenario(HostsConfig config) {
        super(config);
        this.config = config;
    }

    /** To be called once, by the first role, before a barrier: makes the fabric that all uplinks are joined by. */
    MemoryLab startLab() throws IOException {
        lab = MemoryLab.create();
        for (RoleName role : config.hosts()) {
            Files.writeString(file(role, "uplink"), lab.uplink(role.name()));
        }
        return lab;
    }

    MemoryLab lab() {
        return Objects.requireNonNull(lab, "only the first role has the fabric");
    }

    /** Joins the cluster through the first role and starts everything of this role's host. */
    HostUnderTest startHost(UnaryOperator<DataPath> wrapper) throws Exception {
        HostUnderTest started = joinAndStart(
                node(config.host(1)).address(), wrapper, UnaryOperator.identity(), (_, placement) -> placement);
        watch(started, List.of(ScenarioTenant.WEB_VNIC), directory().resolve(myself().name() + ".draft"));
        return started;
    }

    /**
     * Joins the cluster through a node of it, or starts it, and starts everything of this role's host.
     *
     * @param wrapper around the data path that the actors see
     * @param agentWrapper around the migration agent
     * @param placementWrapper around each VM's placement
     */
    HostUnderTest joinAndStart(
            Address seed,
            UnaryOperator<DataPath> wrapper,
            UnaryOperator<Behavior<AgentCommand>> agentWrapper,
            BiFunction<VmId, Behavior<PlacementCommand>, Behavior<PlacementCommand>> placementWrapper)
            throws Exception {
        cluster().join(seed);
        until(
                myself().name() + " is up",
                LIMIT,
                () -> cluster().selfMember().status().equals(MemberStatus.up()));
        HostUnderTest started = HostUnderTest.start(
                system(), Files.readString(file(myself(), "uplink")), wrapper, agentWrapper, placementWrapper);
        Files.writeString(file(myself(), "admin"), started.admin().toString());
        host = started;
        return started;
    }

    /** Notes from now on when this host enforces which of these vNICs. */
    void watch(HostUnderTest running, List<VnicId> vnics, Path notes) throws IOException {
        watch = EnforcementWatch.start(HostsConfig.id(myself()), vnics, running.dataPath(), notes);
    }

    HostUnderTest startHost() throws Exception {
        return startHost(UnaryOperator.identity());
    }

    /** The API of a role that has passed {@link #startHost}. */
    PortcullisClient client(RoleName role) {
        return clients.computeIfAbsent(role.name(), name -> {
            try {
                URI uri = URI.create(Files.readString(file(role, "admin")));
                String token = Files.readString(directory().resolve("admin.token"));
                return PortcullisClient.connect(uri, token, HostsConfig.trust(uri));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** The host of this role was started again, with another address of its API. */
    void forgetClient(RoleName role) {
        PortcullisClient former = clients.remove(role.name());
        if (former != null) {
            former.close();
        }
    }

    /** Leaves the notes about who enforced when; before the last barrier. */
    void stopWatch() throws Exception {
        if (watch != null) {
            watch.stop();
            Files.move(
                    directory().resolve(myself().name() + ".draft"),
                    EnforcementWatch.notes(directory(), myself().name()));
        }
    }

    /** Ends what outlives the actor system; after the last barrier. */
    void close() {
        clients.values().forEach(PortcullisClient::close);
        if (host != null) {
            host.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    // ---- what must be true

    /** Every one of the hosts gives the same answer: the VM is placed there, with this epoch, and enforces. */
    void assertPlaced(String vm, RoleName where, long epoch, List<RoleName> asked) {
        for (RoleName role : asked) {
            VmView view = client(role).vm(ScenarioTenant.NAME, vm);
            assertThat(view.placement())
                    .as("placement as %s knows it", role.name())
                    // After a partition some may not have heard yet that the host answers.
                    .usingRecursiveComparison()
                    .ignoringFields("hostStatus")
                    .isEqualTo(new PlacementView(where.name(), epoch, "PLACED", null));
            var status = view.vnics().getFirst().status();
            assertThat(status).isNotNull();
            assertThat(status.mode()).isEqualTo("ENFORCING");
            assertThat(status.host()).isEqualTo(where.name());
            assertThat(status.epoch()).isEqualTo(epoch);
            // A destination that gave up is cleared a little after the source enforces again.
            until(
                    vm + " is on " + where.name() + " only, not on " + role.name(),
                    LIMIT,
                    () -> client(role).host(role.name()).vms().contains(ScenarioTenant.id(vm)) == role.equals(where));
        }
    }

    /** It committed at once, and everything that left the source is at the destination. */
    static ReceiptView assertLossless(MigrationView move) {
        ReceiptView receipt = assertNothingLost(move);
        assertThat(receipt.problems()).isEmpty();
        assertThat(receipt.lossless()).isTrue();
        return receipt;
    }

    /** It committed, perhaps late, and everything that left the source is at the destination. */
    static ReceiptView assertNothingLost(MigrationView move) {
        assertThat(move.state()).as("%s", move).isEqualTo("COMMITTED");
        ReceiptView receipt = Objects.requireNonNull(move.receipt());
        assertThat(receipt.entriesReceived()).isEqualTo(receipt.entriesSent()).isPositive();
        assertThat(receipt.framesDropped()).isZero();
        receipt.vnics().forEach(vnic -> assertThat(vnic.digestReceived()).isEqualTo(vnic.digestSent()));
        return receipt;
    }

    /** No two hosts were seen enforcing web-1 at once, and epochs grew. Returns the hosts in the order of their epochs. */
    List<String> assertOneEnforcer() throws IOException {
        List<Path> notes = config.hosts().stream()
                .map(role -> EnforcementWatch.notes(directory(), role.name()))
                .toList();
        until("the notes of all hosts", LIMIT, () -> notes.stream().allMatch(Files::exists));
        List<EnforcementWatch.Span> spans = EnforcementWatch.readAll(notes);
        assertOneEnforcer(ScenarioTenant.WEB_VNIC, spans);
        return spans.stream()
                .map(span -> span.host() + " with epoch " + span.epoch())
                .distinct()
                .toList();
    }

    /** As above, of any vNIC. */
    static void assertOneEnforcer(VnicId vnic, List<EnforcementWatch.Span> spans) {
        List<EnforcementWatch.Span> own =
                spans.stream().filter(span -> span.vnic().equals(vnic)).toList();
        assertThat(EnforcementWatch.history(vnic, own).violations()).isEmpty();
    }

    static Path file(RoleName role, String what) {
        return directory().resolve(role.name() + "." + what);
    }
}
