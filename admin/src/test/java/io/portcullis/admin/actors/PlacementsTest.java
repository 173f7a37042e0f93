package io.portcullis.admin.actors;

import static io.portcullis.admin.actors.ServicesOnActors.ACME;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_1;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_2;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_9;
import static io.portcullis.admin.actors.ServicesOnActors.WEB;
import static io.portcullis.admin.actors.ServicesOnActors.done;
import static io.portcullis.admin.actors.ServicesOnActors.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.api.HostView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.ReplicaView;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.migration.ReplicaCommand;
import io.portcullis.migration.ReplicaReply;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.persistence.DatabaseHealth;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Vm;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VmSpecJson;
import io.portcullis.vnic.VnicSpec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where VMs are, by what placements, directory and hosts say. */
class PlacementsTest {
    @RegisterExtension
    static final ServicesOnActors NODE = new ServicesOnActors();

    private final FakeCluster cluster = NODE.cluster();
    private final ActorServices services = NODE.services();
    /** Asks of those who do not answer. */
    private final ActorServices impatient = NODE.impatient();

    @Test
    void shouldShowInAListWhoKeepsTheReplicasAndHowTheyStand() {
        VmId lost = VmId.parse("acme/lost-1");
        VmId plain = VmId.parse("acme/plain-1");
        cluster.placements.add(new PlacementRow(WEB, HOST_9, 4, replicated(WEB), Instant.EPOCH));
        cluster.placements.add(new PlacementRow(lost, HOST_1, 1, replicated(lost), Instant.EPOCH));
        cluster.placements.add(new PlacementRow(plain, HOST_1, 1, "{}", Instant.EPOCH));
        cluster.onReplicas = command -> {
            if (command instanceof ReplicaCommand.Describe describe) {
                describe.replyTo()
                        .tell(new ReplicaReply.Kept(
                                HOST_1,
                                List.of(
                                        new ReplicaReply.KeptReplica(WEB, 3, true, 1, 9),
                                        new ReplicaReply.KeptReplica(WEB, 4, true, 250, 7))));
            }
        };

        Map<VmId, PlacementView> placements = done(services.placements(ACME));

        ReplicaView replica = Objects.requireNonNull(placements.get(WEB)).replica();
        assertThat(replica.whole()).isTrue();
        assertThat(replica.ageMillis()).isEqualTo(250);
        assertThat(replica.connections()).isEqualTo(7);
        assertThat(Objects.requireNonNull(placements.get(lost)).replica())
                .isEqualTo(new ReplicaView(null, KeptReplicas.NOWHERE));
        assertThat(Objects.requireNonNull(placements.get(plain)).replica()).isNull();
    }

    private static String replicated(VmId vm) {
        MacAddress mac = MacAddress.parse("02:00:00:00:00:01");
        return VmSpecJson.write(
                new VmSpec(vm, List.of(new VnicSpec(new VnicId(vm, "eth0"), mac, List.of(), 1, "memory:" + vm)), true));
    }

    @Test
    void shouldSayWhereVmsAreByTheWordOfTheHostsWhileTheDatabaseIsAway() {
        VmId detached = VmId.parse("acme/db-1");
        addVms(WEB, detached);
        done(services.hosts());
        cluster.outage = new DatabaseHealth.Outage(Instant.EPOCH, "refused");
        cluster.enforced.put(HOST_1, Map.of(WEB.toString(), 3L));
        cluster.enforced.put(HOST_2, Map.of(WEB.toString(), 4L));

        PlacementView web = done(services.findPlacement(WEB));

        assertThat(web).isEqualTo(PlacementView.reported("host-2", 4, String.valueOf(web.asOf())));
        assertThat(done(services.findPlacement(detached))).isEqualTo(PlacementView.unknown());
        Map<VmId, PlacementView> all = done(services.placements(ACME));
        assertThat(Objects.requireNonNull(all.get(WEB)).host()).isEqualTo("host-2");
        assertThat(Objects.requireNonNull(all.get(WEB)).asOf()).isNotNull();
        assertThat(all).containsEntry(detached, PlacementView.unknown());
        assertThat(catchThrowableOfType(CompletionException.class, () -> done(impatient.placement(WEB))))
                .as("whoever changes something is told by the placement or by nobody")
                .hasCauseInstanceOf(TimeoutException.class);
    }

    @Test
    void shouldAskTheHostsAlsoBeforeAnOutageIsKnown() {
        cluster.enforced.put(HOST_2, Map.of(WEB.toString(), 4L));

        assertThat(done(impatient.findPlacement(WEB)).host()).isEqualTo("host-2");
    }

    @Test
    void shouldShowWhatThePlacementSaysWhileTheDatabaseIsAwayIfItAnswers() {
        cluster.outage = new DatabaseHealth.Outage(Instant.EPOCH, "refused");
        cluster.onPlacement = command -> {
            if (command instanceof PlacementCommand.GetPlacement get) {
                get.replyTo().tell(MigrationsTest.placed(PlacementPhase.CUTTING_OVER, "m-1", null));
            }
        };

        PlacementView placement = done(services.findPlacement(WEB));

        assertThat(placement.phase()).isEqualTo("CUTTING_OVER");
        assertThat(placement.asOf()).isNull();
    }

    private void addVms(VmId... vms) {
        List<ModelEdit> edits = Stream.of(vms)
                .<ModelEdit>map(vm -> new ModelEdit.PutVm(Vm.named(vm)))
                .toList();
        done(services.edit(ACME, edits, OptionalLong.empty(), "me", ""));
    }

    @Test
    void shouldShowHostsWhileTheDatabaseIsAway() {
        cluster.placements.add(new PlacementRow(WEB, HOST_9, 4, "{}", Instant.EPOCH));
        done(services.hosts());
        cluster.outage = new DatabaseHealth.Outage(Instant.EPOCH, "refused");

        List<HostView> hosts = done(services.hosts());

        assertThat(hosts).extracting(HostView::name).containsExactly("host-1", "host-2", "host-9");
        assertThat(hosts.getFirst().problem()).isNull();
        assertThat(hosts.getLast().problem()).contains("cannot be read while the database is away");
        assertThat(done(services.host(HOST_9)).status()).isEqualTo("DOWN");
        assertThat(refused(services.host(new HostId("host-7"))).kind()).isEqualTo(ProblemKind.STORE_UNAVAILABLE);
    }

    @Test
    void shouldShowHostsThatAreGoneButStillHaveVms() {
        cluster.placements.add(new PlacementRow(WEB, HOST_9, 4, "{}", Instant.EPOCH));

        List<HostView> hosts = done(services.hosts());

        assertThat(hosts).extracting(HostView::name).containsExactly("host-1", "host-2", "host-9");
        assertThat(hosts.getLast().status()).isEqualTo("DOWN");
        assertThat(hosts.getLast().vms()).containsExactly("acme/web-1");
        assertThat(hosts.getFirst().maxVnics()).isEqualTo(10);
        assertThat(refused(services.empty(HOST_9, BulkOperation.Kind.DRAIN, BulkCommand.Wishes.NONE, "me"))
                        .kind())
                .isEqualTo(ProblemKind.HOST_UNAVAILABLE);
    }
}
