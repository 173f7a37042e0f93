package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.HOST_2;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.spec;
import static io.portcullis.vnic.testkit.Samples.table;
import static io.portcullis.vnic.testkit.Samples.vnicSpec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.FlowExample;
import io.portcullis.datapath.engine.FlowOutcome;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.engine.FlowVerdict;
import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.FlowReport;
import io.portcullis.datapath.runtime.FlowReview;
import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.Action;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.Category;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.evaluate.Cause;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Problem;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.parcel.Parcel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every message that may cross nodes and every stored record comes back as it was. */
class MessageSerializationTest {
    private static final Discovery DISCOVERY = new Discovery(
            3, List.of(new DiscoveredAddress(InetAddress.ofLiteral("fd00::7"), AddressSource.DHCP, true)));
    private static final VnicStatus STATUS = new VnicStatus(
            WEB_1_ETH0,
            3,
            VnicMode.ENFORCING,
            "hash",
            7,
            2,
            8,
            "shadow",
            Map.of("allowed.in", 5L),
            List.of(new DiscoveredAddress(InetAddress.ofLiteral("10.0.0.7"), AddressSource.ND)));
    private static final RuleAssignment ASSIGNMENT =
            new RuleAssignment(7, table(Action.DROP).hash(), 8, "shadow");
    private static final StagedCounts STAGED = new StagedCounts(
            3,
            1,
            9,
            List.of(new ShadowReport.RuleCount(5, "web/in", 4, 3, 2, 1)),
            7,
            List.of(new StagedCounts.Example(
                    WEB_1_ETH0,
                    new ShadowReport.Example(
                            ShadowReport.Difference.WOULD_CUT,
                            Direction.OUT,
                            0x0800,
                            new MacAddress(1),
                            new MacAddress(2),
                            InetAddress.ofLiteral("2001:db8::1"),
                            null,
                            6,
                            1,
                            2,
                            3,
                            4,
                            "web/in",
                            "",
                            5,
                            6))));
    private static final Instant AT = Instant.ofEpochMilli(1_700_000_000_123L);
    private static final TenantModel MODEL = TenantModel.empty(ACME);
    private static final List<ModelEdit> EDITS = List.of(new ModelEdit.PutSegment(new Segment("lan", 100)));

    private static final TenantAdoption ADOPTION =
            new TenantAdoption(ACME, 5, 7, false, AT, List.of(HOST_1), "it is late");

    private static final FlowQuery QUERY = new FlowQuery(
            Direction.OUT,
            FirstPacket.of(Datagram.icmp(InetAddress.ofLiteral("fd00::1"), InetAddress.ofLiteral("fd00::2"), 128, 0)),
            true,
            10);

    private static final ConnectionInfo CONNECTION = new ConnectionInfo(
            6,
            new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 1_024),
            new InetSocketAddress(InetAddress.ofLiteral("10.0.0.1"), 80),
            "ESTABLISHED",
            true,
            5,
            7,
            4,
            6,
            12,
            8,
            9,
            10);

    private static final FlowReview REVIEW = new FlowReview(
            WEB_1_ETH0,
            3,
            VnicMode.ENFORCING,
            "hash",
            7,
            5,
            4,
            3,
            2,
            1,
            6,
            8,
            List.of(new FlowExample(CONNECTION, FlowOutcome.RESET, Action.REJECT, LiveFlowMode.RESET, 5, "web/http")));

    private static final TenantHistory HISTORY =
            new TenantHistory(List.of(new PastRevision(7, "ann", AT, "why", "Segment/lan added", false, EDITS, 2)));

    private static ActorTestKit testKit;

    @BeforeAll
    static void startActorSystem() {
        testKit = ActorTestKit.create();
    }

    @AfterAll
    static void stopActorSystem() {
        testKit.shutdownTestKit();
    }

    private static <T> ActorRef<T> ref() {
        TestProbe<T> probe = testKit.createTestProbe();
        return probe.ref();
    }

    private static List<CborSerializable> everything() {
        List<CborSerializable> all = new ArrayList<>();
        all.addAll(firewallMessages());
        all.addAll(hostMessages());
        all.addAll(tenantMessages());
        all.addAll(List.of(
                new RegistryCommand.ListTenants(ref()),
                new RegistryCommand.AddTenant(ACME, ref()),
                new RegistryCommand.RemoveTenant(ACME, ref()),
                new RegistryCommand.Stop(),
                new RegistryCommand.Tenants(new TreeSet<>(Set.of("acme"))),
                new RegistryCommand.TenantsInPieces(new Parcel(3, ref())),
                new RegistryCommand.Registered(),
                new FirewallReply.InPieces(new Parcel(3, ref())),
                new TenantRegistry.Event.TenantAdded(ACME),
                new TenantRegistry.Event.TenantRemoved(ACME),
                new TenantRegistry.Event.VlansReserved(ACME, new TreeSet<>(Set.of(7, 20))),
                new TenantRegistry.State(new TreeSet<>(Set.of("acme")), new TreeMap<>(Map.of(20, "acme"))),
                new RegistryCommand.ReserveVlans(ACME, new TreeSet<>(Set.of(7, 20)), ref()),
                new RegistryCommand.CheckVlans(ACME, new TreeSet<>(Set.of(7, 20)), ref()),
                new RegistryCommand.VlanReply(new TreeSet<>(Set.of(20))),
                new TenantEvent.TenantCreated(1, Action.DROP, true, TimeoutPreset.NSX, "ann", AT),
                new TenantEvent.TenantEdited(2, EDITS, "ann", AT, "why"),
                new TenantEvent.TenantDeleted(3, "ann", AT),
                new TenantState(ACME, MODEL, 0, HISTORY),
                new TenantState(ACME, null, 9, TenantHistory.NONE),
                spec(WEB_1, 1)));
        return all;
    }

    private static List<CborSerializable> firewallMessages() {
        CutoverTarget target =
                new CutoverTarget(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1), "token", 1, 3);
        VnicSpec plain = vnicSpec(WEB_1_ETH0, 1);
        VnicSpec router = new VnicSpec(
                plain.vnic(),
                plain.mac(),
                plain.addresses(),
                plain.vlan(),
                plain.port(),
                new VnicProtection(true, true, false, true, 0));
        return List.of(
                new FirewallCommand.Attach(plain, 3, true, ref()),
                new FirewallCommand.Attach(router, 3, true, ref()),
                new FirewallCommand.InstallRules(7, table(Action.DROP), ref()),
                new FirewallCommand.InstallShadow(8, table(Action.ALLOW), ref()),
                new FirewallCommand.InstallShadow(9, null, ref()),
                new FirewallCommand.GetStatus(ref()),
                new FirewallCommand.ListConnections(10, ref()),
                new FirewallCommand.TraceFlow(QUERY, ref()),
                new FirewallCommand.PrepareCutover(3, ref()),
                new FirewallCommand.Activate(3, 2, 7, ref()),
                new FirewallCommand.Reclaim(4, ref()),
                new FirewallCommand.AskBack(4, ref()),
                new FirewallCommand.Release(3, HOST_2, 4, ref()),
                new FirewallCommand.Detach(3, ref()),
                new FirewallCommand.Stop(),
                new FirewallReply.Status(HOST_1, FirewallState.ENFORCING, STATUS),
                new FirewallReply.Connections(WEB_1_ETH0, List.of(CONNECTION)),
                new FirewallReply.FlowTraced(
                        HOST_1,
                        FirewallState.ENFORCING,
                        new FlowReport(
                                WEB_1_ETH0,
                                3,
                                VnicMode.ENFORCING,
                                "hash",
                                7,
                                new FlowVerdict(Action.ALLOW, Cause.RULE, 5, "web/http", Category.APPLICATION, true),
                                1,
                                List.of(CONNECTION))),
                new FirewallReply.CutoverReady(WEB_1_ETH0, target),
                new FirewallReply.Activated(WEB_1_ETH0, new ActivationReport(1, 2, 3, 4), STATUS),
                new FirewallReply.Released(WEB_1_ETH0, 3),
                new FirewallReply.Moved(WEB_1_ETH0, HOST_2, 4),
                new Refused(RefusalCode.CAPACITY, "full"));
    }

    private static List<CborSerializable> hostMessages() {
        return List.of(
                new HostCommand.AttachVm(spec(WEB_1, 1), 3, true, ref()),
                new HostCommand.GetEnforced(ACME, null, ref()),
                new HostCommand.GetEnforced(ACME, WEB_1, ref()),
                new HostReply.Enforced(HOST_1, Map.of(WEB_1.toString(), 3L)),
                new HostCommand.GetStaged(ACME, ref()),
                new HostReply.Staged(HOST_1, STAGED),
                new HostCommand.GetHits(ACME, ref()),
                new HostCommand.ForgetHits(ACME),
                new HostReply.Hits(HOST_1, new TenantHits(AT, List.of(new RuleHit(-7, 3, 4)))),
                new HostReply.Hits(HOST_1, TenantHits.NONE),
                new HostReply.InPieces(new Parcel(3, ref())),
                new HostCommand.CheckAdmission(spec(WEB_1, 1), ref()),
                new HostCommand.DetachVm(spec(WEB_1, 1), 3, true, ref()),
                new HostCommand.ReleaseVm(spec(WEB_1, 1), 3, HOST_2, 4, ref()),
                new HostCommand.SetDraining(true, ref()),
                new HostCommand.GetHost(ref()),
                new HostCommand.WriteCheckpoints(ref()),
                new HostCommand.OfferTable(
                        "ab", TablePiece.of(table(Action.DROP)).getFirst(), ref()),
                new HostCommand.ReviewFlows("ab", List.of(WEB_1_ETH0), 5, ref()),
                new HostCommand.RuleTables(ACME, Map.of(WEB_1_ETH0, ASSIGNMENT), List.of(table(Action.DROP))),
                new HostCommand.Subscribed(ACME, true),
                new HostCommand.KnownAddresses(Map.of(WEB_1_ETH0, DISCOVERY)),
                new FirewallCommand.LearnAddresses(DISCOVERY.addresses(), true, ref()),
                new HostCommand.InPieces(new Parcel(3, ref())),
                new HostReply.VmAttached(WEB_1, 3, 7, List.of(STATUS)),
                new HostReply.Admissible(HOST_1),
                new HostReply.VmGone(WEB_1, 3),
                new HostReply.DrainingSet(HOST_1, true),
                new HostReply.HostStatus(
                        HOST_1,
                        false,
                        true,
                        List.of(new HostReply.HostedVm(spec(WEB_1, 1), 3, List.of(STATUS))),
                        new HostLimits(10, 100),
                        Map.of("uplink.received", 1L)),
                new HostReply.TableTaken("ab", 1),
                new HostReply.TableWanted("ab"),
                new HostReply.FlowsReviewed(
                        HOST_1,
                        List.of(
                                new VnicReview(WEB_1_ETH0, REVIEW, null, null),
                                new VnicReview(WEB_1_ETH0, null, HOST_2, "moved"))),
                new HostReply.Checkpointed(2, List.of("disk full")));
    }

    private static List<CborSerializable> tenantMessages() {
        TenantCommand.Realized realized = new TenantCommand.Realized(ASSIGNMENT, true, 3);
        TreeSet<Tag> tags = new TreeSet<>(Set.of(Tag.parse("app:web")));
        return List.of(
                new TenantCommand.PutTenant(Action.DROP, true, TimeoutPreset.NSX, "ann", ref()),
                new TenantCommand.DeleteTenant("ann", ref()),
                new TenantCommand.Edit(
                        List.of(
                                new TenantEdit.Change(EDITS.getFirst()),
                                new TenantEdit.ChangeTags("web-1", tags, tags)),
                        7L,
                        "ann",
                        ref()),
                new TenantCommand.Edit(List.of(), null, "ann", "why", ref()),
                new TenantCommand.CheckEdit(List.of(new TenantEdit.Change(EDITS.getFirst())), 7L, ref()),
                new TenantCommand.GetModelAt(7, ref()),
                new TenantCommand.GetHistory(7, 10, ref()),
                new TenantCommand.GetModel(new ModelVersion(-3, 7), ref()),
                new TenantCommand.GetModel(null, ref()),
                new TenantCommand.InPieces(new Parcel(3, ref())),
                new TenantCommand.GetRuleTables(Set.of(WEB_1_ETH0), ref()),
                new TenantCommand.GetAssignments(Set.of(WEB_1_ETH0), ref()),
                new TenantCommand.GetLabels("anti-affinity", ref()),
                new TenantCommand.GetRealization(ref()),
                new TenantCommand.GetRealization(7L, 100, ref()),
                new TenantCommand.AskProvider(ACME, 0, null, ref()),
                new TenantCommand.AskProvider(ACME, 5, ADOPTION, ref()),
                new TenantCommand.LeaveProvider(ACME),
                new TenantCommand.ProviderChanged(5),
                new TenantCommand.SubscribeHost(HOST_1, Map.of(WEB_1_ETH0, realized), ref()),
                new TenantCommand.ChangeSubscription(
                        HOST_1, Map.of(WEB_1_ETH0, realized), Set.of(WEB_1_ETH0), -7, ref()),
                new TenantCommand.ReportRealized(HOST_1, Map.of(WEB_1_ETH0, realized)),
                new TenantCommand.ReportDiscovered(HOST_1, Map.of(WEB_1_ETH0, DISCOVERY), ref()),
                new TenantCommand.Stop(),
                new TenantReply.Applied(7, true),
                new TenantReply.Acceptable(8, true),
                new TenantReply.NoRevision(1, 2, 7),
                new TenantReply.History(List.of(new TenantReply.Revision(7, "ann", AT, "why", "what")), 6, 7),
                new TenantReply.Rejected(List.of(new Problem("/vms/web-1", "wrong", "mend it"))),
                new TenantReply.StaleRevision(7),
                new TenantReply.UnknownTenant(ACME),
                new TenantReply.Provider(TenantProviderTest.policies(5, "guard")),
                new TenantReply.ProviderUnchanged(5),
                new TenantReply.Adoptions(5, 2, 1, List.of(ADOPTION)),
                new TenantReply.TenantDeleted(ACME),
                new TenantReply.Model(MODEL, new ModelVersion(-3, 7)),
                new TenantReply.ModelDelta(EDITS, new ModelVersion(-3, 7)),
                new TenantReply.InPieces(new Parcel(3, ref())),
                new TenantReply.Rules(7, Map.of(WEB_1_ETH0, ASSIGNMENT), List.of(table(Action.DROP))),
                new TenantReply.Assignments(7, Map.of(WEB_1_ETH0, ASSIGNMENT)),
                new TenantReply.Labels(Map.of(WEB_1_ETH0.vm(), Set.of("db"))),
                new TenantReply.Realization(
                        7,
                        List.of(
                                new TenantReply.VnicRealization(WEB_1_ETH0, HOST_1, true, ASSIGNMENT, ASSIGNMENT, AT),
                                new TenantReply.VnicRealization(
                                        WEB_1_ETH0, null, false, ASSIGNMENT, RuleAssignment.NONE, null))));
    }

    @Test
    void shouldReadBackEveryMessageAndRecord() {
        for (CborSerializable message : everything()) {
            testKit.serializationTestKit().verifySerialization(message, true);
        }
    }

    @Test
    void shouldKnowASampleOfEveryMessageThatMayCrossNodes() {
        Set<Class<?>> sampled = new HashSet<>();
        everything().forEach(message -> sampled.add(message.getClass()));

        Set<Class<?>> declared = new HashSet<>();
        for (Class<?> protocol : List.of(
                FirewallCommand.class,
                FirewallReply.class,
                HostCommand.class,
                HostReply.class,
                TenantCommand.class,
                TenantReply.class,
                RegistryCommand.class,
                TenantEvent.class,
                TenantRegistry.Event.class)) {
            collect(protocol, declared);
        }
        assertThat(sampled).containsAll(declared);
    }

    private static void collect(Class<?> type, Set<Class<?>> records) {
        if (type.isSealed()) {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                collect(permitted, records);
            }
        } else if (CborSerializable.class.isAssignableFrom(type)) {
            records.add(type);
        }
    }

    @Test
    void shouldStoreEventsWithAVersionAndRefuseANewerOne() {
        Serialization serialization = SerializationExtension.get(Adapter.toClassic(testKit.system()));
        for (CborSerializable stored : List.of(
                new TenantEvent.TenantCreated(1, Action.DROP, true, TimeoutPreset.NSX, "ann", AT),
                new TenantEvent.TenantEdited(2, EDITS, "ann", AT, "why"),
                new TenantEvent.TenantDeleted(3, "ann", AT),
                new TenantState(ACME, MODEL, 0, HISTORY),
                new TenantRegistry.Event.TenantAdded(ACME),
                new TenantRegistry.Event.TenantRemoved(ACME),
                new TenantRegistry.Event.VlansReserved(ACME, new TreeSet<>()),
                new TenantRegistry.State(new TreeSet<>(), new TreeMap<>()))) {
            var serializer = serialization.findSerializerFor(stored);
            String manifest = Serializers.manifestFor(serializer, stored);
            byte[] bytes = serialization.serialize(stored).get();

            assertThat(manifest).endsWith("#1");
            String newer = manifest.replace("#1", "#2");
            assertThatThrownBy(() -> serialization
                            .deserialize(bytes, serializer.identifier(), newer)
                            .get())
                    .isInstanceOf(Exception.class);
        }
    }

    @Test
    void shouldStoreNothingOfProtectionWhereItIsStrict() {
        String json = VmSpecJson.write(spec(WEB_1, 1));
        assertThat(json).doesNotContain("protection");
        assertThat(VmSpecJson.read(json)).isEqualTo(spec(WEB_1, 1));

        VnicSpec strict = spec(WEB_1, 1).vnics().getFirst();
        VmSpec router = new VmSpec(
                strict.vnic().vm(),
                List.of(new VnicSpec(
                        strict.vnic(),
                        strict.mac(),
                        strict.addresses(),
                        strict.vlan(),
                        strict.port(),
                        new VnicProtection(false, true, false, true, 0))));
        assertThat(VmSpecJson.read(VmSpecJson.write(router))).isEqualTo(router);
    }

    @Test
    void shouldReadPlacementsThatNameAStrictProtection() {
        String json = VmSpecJson.write(spec(WEB_1, 1));
        String before = json.replaceAll(
                "(\"port\":\"[^\"]*\")",
                "$1,\"protection\":{\"allowsDhcpServer\":false,\"allowsRouter\":false,\"allowsBridge\":false,"
                        + "\"allowsForeignAddresses\":false,\"learnedAddresses\":0,\"discovery\":[]}");

        assertThat(before).contains("protection");
        assertThat(VmSpecJson.read(before)).isEqualTo(spec(WEB_1, 1));
    }

    /** A node of an earlier release refuses a placement with a field that it does not know. */
    @Test
    void shouldStoreNothingOfReplicasOfVmsThatHaveNone() {
        assertThat(VmSpecJson.write(spec(WEB_1, 1))).doesNotContain("replica");

        VmSpec replicated = spec(WEB_1, 1).withReplica(true);
        assertThat(VmSpecJson.read(VmSpecJson.write(replicated))).isEqualTo(replicated);
    }

    @Test
    void shouldHaveNoWireFormForWhatCarriesAWholeTable() {
        assertThat(CborSerializable.class.isAssignableFrom(FirewallCommand.ImportTable.class))
                .isFalse();
        assertThat(CborSerializable.class.isAssignableFrom(FirewallReply.Sealed.class))
                .isFalse();
    }
}
