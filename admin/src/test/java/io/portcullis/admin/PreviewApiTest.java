package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.PlacementView;
import io.portcullis.api.PreviewView;
import io.portcullis.api.PreviewView.TableChangeView;
import io.portcullis.api.PreviewView.VnicPreview;
import io.portcullis.datapath.engine.FlowExample;
import io.portcullis.datapath.engine.FlowOutcome;
import io.portcullis.datapath.runtime.FlowReview;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.Action;
import io.portcullis.policy.HostId;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.compile.RuleIds;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.VnicReview;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a change would do, joined from what hosts say. */
class PreviewApiTest extends ApiTestCase {
    private static final TenantId ACME = new TenantId("acme");
    private static final VnicId WEB = VnicId.parse("acme/web-1/eth0");
    private static final String NO_HTTP = """
        kind: Policy
        metadata: {name: web}
        spec:
          category: APPLICATION
          rules:
            - {name: https, sources: [any], destinations: [web], services: [https], direction: IN, action: ALLOW}
        """;

    private final Map<String, RuleTable> asked = new ConcurrentHashMap<>();
    private final List<Integer> sizes = new CopyOnWriteArrayList<>();

    @BeforeEach
    void apply() {
        client.apply("acme", TENANT);
        place("web-1", "host-1");
        services.reviews = (host, table, vnic) -> {
            asked.put(host + " " + vnic, table);
            return reviewed(vnic, VnicMode.ENFORCING);
        };
    }

    private void place(String vm, String host) {
        services.placements.put(new VmId(ACME, vm), new PlacementView(host, 1, "PLACED", null));
    }

    private static VnicReview reviewed(VnicId vnic, VnicMode mode) {
        ConnectionInfo connection = new ConnectionInfo(
                6,
                new InetSocketAddress("192.0.2.1", 40_112),
                new InetSocketAddress("10.0.0.1", 80),
                "ESTABLISHED",
                false,
                RuleIds.of(ACME, "web", "http"),
                2,
                RuleIds.of(ACME, "web", "http"),
                2,
                75_000_000_000L,
                2_000_000_000L,
                30,
                4_096);
        FlowExample example = new FlowExample(connection, FlowOutcome.CUT, Action.DROP, LiveFlowMode.RECHECK, 0, null);
        return new VnicReview(
                vnic, new FlowReview(vnic, 1, mode, "ab", 2, 9, 4, 1, 2, 1, 3, 1, List.of(example)), null, null);
    }

    private PreviewView preview() {
        return client.preview("acme", NO_HTTP);
    }

    @Test
    void shouldAskOnlyVnicsWhoseRulesWouldChangeAndChangeNothing() {
        client.apply("acme", """
            kind: Vm
            metadata: {name: other}
            spec:
              vnics: [{name: eth0, mac: "02:00:00:00:00:09", addresses: [10.0.0.9], segment: front, port: memory:other}]
            """);
        place("other", "host-2");
        long revision = client.tenant("acme").revision();

        PreviewView view = preview();

        assertThat(view.revision()).isEqualTo(revision);
        assertThat(client.tenant("acme").revision()).isEqualTo(revision);
        assertThat(view.changed()).containsExactly("Policy/web");
        assertThat(asked.keySet()).containsExactly("host-1 " + WEB);
        assertThat(List.of(view.vnics(), view.attached(), view.unanswered())).containsExactly(1, 1, 0);
        assertThat(List.of(view.connections(), view.cut(), view.reset(), view.kept(), view.byOtherRule()))
                .containsExactly(9L, 2L, 1L, 1L, 4L);
        assertThat(List.of(view.released(), view.oneWay())).containsExactly(3L, 1L);
        assertThat(view.items().getFirst().oneWay()).isOne();
        TableChangeView table = view.tables().getFirst();
        assertThat(table.vnics()).containsExactly(WEB.toString());
        assertThat(table.added().names()).containsExactly("web/https (ALLOW)");
        assertThat(table.removed().names()).containsExactly("web/http (ALLOW)");
        assertThat(view.items().getFirst().examples()).singleElement().satisfies(example -> {
            assertThat(example.outcome()).isEqualTo("CUT");
            assertThat(example.rule()).isEqualTo("default");
            assertThat(example.connection().rule()).isEqualTo("web/http");
            assertThat(example.connection().originator()).isEqualTo("192.0.2.1:40112");
        });
        client.apply("acme", NO_HTTP);
        assertThat(asked.values())
                .as("the very table that is in force then")
                .containsExactly(new PolicyCompiler().compile(services.models.get("acme"), WEB));
    }

    @Test
    void shouldRefuseWhatApplyWouldRefuse() {
        assertThat(refused(() -> client.preview("acme", NO_HTTP.replace("[web]", "[nobody]")))
                        .status())
                .isEqualTo(400);
        assertThat(asked).isEmpty();
    }

    @Test
    void shouldAskNobodyIfNothingWouldChange() {
        PreviewView view = client.preview("acme", TENANT);

        assertThat(view.changed()).isEmpty();
        assertThat(view.items()).isEmpty();
        assertThat(asked).isEmpty();
    }

    @Test
    void shouldSayWhoDidNotAnswer() {
        services.reviews = (host, table, vnic) -> VnicReview.unanswered(vnic, "host " + host + " is not up");

        PreviewView view = preview();

        assertThat(view.unanswered()).isOne();
        assertThat(view.cut()).isZero();
        assertThat(view.items()).extracting(VnicPreview::problem).containsExactly("host host-1 is not up");
    }

    @Test
    void shouldFollowAVnicThatMovesAndCountOnlyWhereItIsEnforced() {
        services.reviews = (host, table, vnic) -> host.value().equals("host-1")
                ? new VnicReview(vnic, null, new HostId("host-2"), "it has just moved to host-2")
                : reviewed(vnic, VnicMode.ENFORCING);

        assertThat(preview().items()).singleElement().satisfies(item -> {
            assertThat(item.host()).isEqualTo("host-2");
            assertThat(item.cut()).isEqualTo(2);
        });

        services.reviews = (host, table, vnic) -> reviewed(vnic, VnicMode.PASSIVE);
        assertThat(preview().items()).singleElement().satisfies(item -> {
            assertThat(item.cut()).isZero();
            assertThat(item.problem()).contains("it is PASSIVE on host-1");
        });
    }

    @Test
    void shouldAskManyVnicsAFewAtATimeAndListThoseFirstThatLoseMost() {
        String vms = IntStream.rangeClosed(1, 100)
                .mapToObj(i -> """
                    kind: Vm
                    metadata: {name: web-%d}
                    spec:
                      tags: [app:web]
                      vnics: [{name: eth0, mac: "02:00:00:00:01:%02x", addresses: [10.0.1.%d], segment: front, port: "memory:w%d"}]
                    """.formatted(1_000 + i, i, i, i))
                .reduce((a, b) -> a + "---\n" + b)
                .orElseThrow();
        client.apply("acme", vms);
        IntStream.rangeClosed(1, 100).forEach(i -> place("web-" + (1_000 + i), "host-" + (1 + i % 2)));
        services.reviews = (host, table, vnic) -> {
            asked.put(host + " " + vnic, table);
            VnicReview review = reviewed(vnic, VnicMode.ENFORCING);
            return vnic.vm().name().equals("web-1050") ? review : withoutEnds(review);
        };
        services.onReview = sizes::add;

        PreviewView view = preview();

        assertThat(asked).hasSize(101);
        assertThat(sizes).allMatch(size -> size <= FlowReviewRounds.VNICS_PER_QUESTION);
        assertThat(view.vnics()).isEqualTo(101);
        assertThat(view.items())
                .hasSize(101)
                .first()
                .extracting(VnicPreview::vnic)
                .isEqualTo("acme/web-1050/eth0");
        assertThat(view.tables()).singleElement().satisfies(table -> {
            assertThat(table.vnicCount()).isEqualTo(101);
            assertThat(table.vnics()).hasSize(PreviewViews.MAX_NAMES);
        });
    }

    private static VnicReview withoutEnds(VnicReview review) {
        FlowReview its = review.review();
        return new VnicReview(
                review.vnic(),
                new FlowReview(
                        its.vnic(),
                        its.epoch(),
                        its.mode(),
                        its.rulesHash(),
                        2,
                        its.connections(),
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        List.of()),
                null,
                null);
    }
}
