package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.ApiException;
import io.portcullis.api.EvaluateRequest;
import io.portcullis.api.EvaluationView;
import io.portcullis.api.EvaluationView.PathView;
import io.portcullis.api.EvaluationView.VerdictView;
import io.portcullis.api.FieldProblem;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the policy says about a connection, as an operator asks for it. */
class EvaluateApiTest extends ApiTestCase {
    private static final String MORE = """
        kind: Segment
        metadata: {name: back}
        spec: {vlan: 102}
        ---
        kind: Vm
        metadata: {name: db-1}
        spec:
          tags: [app:db]
          vnics:
            - {name: eth0, mac: "02:00:00:00:00:11", addresses: [10.0.0.2, "fd00::2"], segment: front, port: memory:db-1}
            - {name: eth1, mac: "02:00:00:00:00:12", addresses: [10.1.0.2], segment: back, port: memory:db-1b}
        ---
        kind: Vm
        metadata: {name: far}
        spec:
          vnics:
            - {name: eth0, mac: "02:00:00:00:00:21", addresses: [10.1.0.3], segment: back, port: memory:far,
               protection: {spoofGuard: learned}}
        ---
        kind: Policy
        metadata: {name: db}
        spec:
          category: APPLICATION
          rules:
            - {name: sql, sources: [web], destinations: [10.0.0.2], services: [postgresql], action: ALLOW}
        """;

    @BeforeEach
    void apply() {
        client.apply("acme", TENANT);
        client.apply("acme", MORE);
    }

    private EvaluationView ask(String from, String to, int port) {
        return client.evaluate("acme", EvaluateRequest.ofPort(from, to, "tcp", port));
    }

    private static List<String> ways(EvaluationView view) {
        return view.paths().stream()
                .map(path -> path.from().address() + ">" + path.to().address() + " " + path.verdict())
                .toList();
    }

    @Test
    void shouldSayWhatBothFirewallsDoAndWhy() {
        EvaluationView view = ask("web-1", "db-1", 5_432);

        assertThat(view.verdict()).isEqualTo("MIXED");
        assertThat(view.service()).isEqualTo("tcp/5432");
        assertThat(view.revision()).isEqualTo(client.tenant("acme").revision());
        assertThat(ways(view)).containsExactly("10.0.0.1>10.0.0.2 ALLOW", "fd00::1>fd00::2 DROP");
        PathView allowed = view.paths().getFirst();
        assertThat(allowed.withinSegment()).isTrue();
        assertThat(allowed.from().vnic()).isEqualTo("acme/web-1/eth0");
        VerdictView source = allowed.source();
        assertThat(source.direction()).isEqualTo("OUT");
        assertThat(source.rule().policy()).isEqualTo("db");
        assertThat(source.reasons().getFirst().because()).containsExactly("tag app:web: yes (has [app:web])");
        VerdictView dropped = view.paths().get(1).destination();
        assertThat(dropped.cause()).isEqualTo("DEFAULT");
        assertThat(dropped.nearMisses().getFirst().rule().rule()).isEqualTo("sql");
        assertThat(dropped.nearMisses().getFirst().failed().getFirst().condition())
                .isEqualTo("DESTINATIONS");
    }

    @Test
    void shouldSayThatARuleIsStatelessAndWhatBecomesOfTheAnswer() {
        EvaluateRequest request = EvaluateRequest.ofPort("web-1", "10.0.0.2", "tcp", 5_432);
        EvaluateRequest inMidStream = EvaluateRequest.between("web-1", "10.0.0.2", "tcp")
                .port(5_432)
                .flags(List.of("ack"))
                .build();
        VerdictView stateful =
                client.evaluate("acme", request).paths().getFirst().source();
        assertThat(stateful.stateless()).isNull();
        assertThat(stateful.answer()).isNull();
        assertThat(client.evaluate("acme", inMidStream)
                        .paths()
                        .getFirst()
                        .source()
                        .cause())
                .isEqualTo("NO_CONNECTION");

        client.apply("acme", MORE.replace("category: APPLICATION", "category: APPLICATION\n  stateful: false"));

        VerdictView stateless =
                client.evaluate("acme", request).paths().getFirst().source();
        assertThat(stateless.verdict()).isEqualTo("ALLOW");
        assertThat(stateless.stateless()).isTrue();
        assertThat(stateless.answer().verdict()).isEqualTo("DROP");
        assertThat(stateless.answer().cause()).isEqualTo("NO_CONNECTION");
        assertThat(client.evaluate("acme", inMidStream).verdict()).isEqualTo("ALLOW");
    }

    @Test
    void shouldSayWhenTheAnswerChangesAndWhatItIsThen() {
        client.apply("acme", """
            kind: Policy
            metadata: {name: shut}
            spec:
              category: EMERGENCY
              schedule: {timeZone: UTC, windows: ["22:00-06:00"], from: 2026-12-01}
              rules: [{name: all, services: [any], action: DROP}]
            """);

        EvaluationView now = ask("198.51.100.7", "web-1", 80);
        EvaluateRequest.Builder request =
                EvaluateRequest.between("198.51.100.7", "web-1", "tcp").port(80);
        EvaluationView night =
                client.evaluate("acme", request.at("2026-12-01T23:30+01:00").build());

        assertThat(now.verdict()).isEqualTo("ALLOW");
        assertThat(now.at()).isNull();
        assertThat(now.nextChange()).isEqualTo("2026-12-01T22:00:00Z");
        assertThat(night.verdict()).isEqualTo("DROP");
        assertThat(night.at()).isEqualTo("2026-12-01T22:30:00Z");
        assertThat(night.nextChange()).isEqualTo("2026-12-02T06:00:00Z");
        assertThat(night.paths().getFirst().destination().nextChange()).isEqualTo("2026-12-02T06:00:00Z");
        for (String wrong :
                List.of("tomorrow", "2026-12-01T23:30", "+999999999-01-01T00:00:00Z", "2026-12-01[Mars/Base]")) {
            assertThat(problem(request.at(wrong).build()).getFirst().path())
                    .as(wrong)
                    .isEqualTo("at");
        }
    }

    @Test
    void shouldAskForOneAddressOneNicOrOneFamily() {
        EvaluateRequest v4 = EvaluateRequest.between("web-1", "db-1", "tcp")
                .port(5_432)
                .family("ipv4")
                .build();
        assertThat(client.evaluate("acme", v4).verdict()).isEqualTo("ALLOW");
        EvaluateRequest v6 = EvaluateRequest.between("web-1", "db-1", "tcp")
                .port(5_432)
                .fromAddress("fd00::1")
                .build();
        assertThat(ways(client.evaluate("acme", v6))).containsExactly("fd00::1>fd00::2 DROP");
        assertThat(ways(ask("web-1", "db-1/eth1", 80))).containsExactly("10.0.0.1>10.1.0.2 DROP");
        assertThat(ask("web-1", "db-1/eth1", 80).paths().getFirst().withinSegment())
                .isFalse();
        assertThat(ways(ask("far", "db-1", 80))).containsExactly("10.1.0.3>10.1.0.2 DROP");
        EvaluateRequest learned = EvaluateRequest.between("far", "db-1/eth1", "tcp")
                .port(80)
                .fromAddress("10.1.0.99")
                .build();
        assertThat(ways(client.evaluate("acme", learned))).containsExactly("10.1.0.99>10.1.0.2 DROP");
    }

    @Test
    void shouldKnowWhoseAnAddressIs() {
        EvaluationView outside = ask("198.51.100.7", "web-1", 80);
        assertThat(ways(outside)).containsExactly("198.51.100.7>10.0.0.1 ALLOW");
        assertThat(outside.paths().getFirst().source()).isNull();
        assertThat(outside.paths().getFirst().destination().rule().rule()).isEqualTo("http");

        EvaluationView inside = ask("10.0.0.1", "10.0.0.2", 5_432);
        assertThat(inside.paths().getFirst().source().vnic()).isEqualTo("acme/web-1/eth0");
        assertThat(inside.verdict()).isEqualTo("ALLOW");
    }

    @Test
    void shouldTakeTheOtherProtocols() {
        EvaluateRequest ping = EvaluateRequest.between("db-1", "web-1", "icmp").build();
        EvaluationView view = client.evaluate("acme", ping);
        assertThat(view.service()).isEqualTo("icmp/8/0");
        assertThat(ways(view)).containsExactly("10.0.0.2>10.0.0.1 DROP");
        assertThat(view.paths().getFirst().destination().verdict()).isEqualTo("ALLOW");
        EvaluateRequest gre = EvaluateRequest.between("db-1", "web-1", "47").build();
        assertThat(client.evaluate("acme", gre).paths()).hasSize(2);
    }

    @Test
    void shouldRefuseWhatNamesNobodyNoPacketOrTooMuch() {
        assertThat(refused(() -> ask("web-11", "db-1", 80)).problem().hint()).isEqualTo("did you mean web-1?");
        assertThat(refused(() -> ask("web-1/eth9", "db-1", 80)).status()).isEqualTo(404);
        assertThat(refused(() -> ask("web-1", "web-1", 80)).problem().detail()).contains("no way from web-1 to web-1");
        assertThat(refused(() -> ask("192.0.2.1", "192.0.2.2", 80)).status()).isEqualTo(400);
        assertThat(refused(() -> ask("fd00::1", "10.0.0.2", 80)).status()).isEqualTo(400);
        assertThat(problem(EvaluateRequest.between("web-1", "db-1", "tcp")
                        .icmpType(8)
                        .flags(List.of("ack"))
                        .build()))
                .extracting(FieldProblem::path)
                .containsExactly("port", "icmpType");
        assertThat(problem(EvaluateRequest.between("web-1", "db-1", "any")
                        .routerMac("02:00")
                        .build()))
                .extracting(FieldProblem::path)
                .containsExactly("protocol", "routerMac");
        assertThat(problem(EvaluateRequest.between("web-1", "db-1", "udp")
                                .port(70_000)
                                .build())
                        .getFirst()
                        .message())
                .isEqualTo("70000 is no port");
        assertThat(problem(EvaluateRequest.between("web-1", "db-1", "udp")
                                .port(53)
                                .fromAddress("10.0.0.77")
                                .build())
                        .getFirst()
                        .hint())
                .isEqualTo("name one of its addresses: 10.0.0.1, fd00::1");
    }

    private List<FieldProblem> problem(EvaluateRequest request) {
        ApiException refused = refused(() -> client.evaluate("acme", request));
        assertThat(refused.status()).isEqualTo(400);
        return refused.problem().problems();
    }

    @Test
    void shouldRefuseMorePathsThanItsLimit() {
        String many = IntStream.range(1, 12)
                .mapToObj(i -> "10.0.9." + i)
                .reduce((a, b) -> a + ", " + b)
                .orElseThrow();
        for (int i = 1; i < 3; i++) {
            client.apply("acme", """
                kind: Vm
                metadata: {name: many-%d}
                spec:
                  vnics:
                    - {name: eth0, mac: "02:00:00:00:01:%02d", addresses: [%s], segment: front, port: memory:many-%d}
                """.formatted(i, i, many.replace("10.0.9.", "10.0." + i + "."), i));
        }

        assertThat(refused(() -> ask("many-1", "many-2", 80)).problem().detail())
                .isEqualTo("121 pairs of addresses are too many (MAX_PATHS is 64)");
    }

    @Test
    void shouldReadTheRequestStrictly() throws Exception {
        HttpResponse<String> unknown = send(
                "POST",
                "/v1/tenants/acme/evaluate",
                token(),
                "{\"from\": \"web-1\", \"to\": \"db-1\", \"protocol\": \"tcp\", \"prt\": 80}");
        HttpResponse<String> asked = send(
                "POST",
                "/v1/tenants/acme/evaluate",
                token(),
                "{\"from\": \"web-1\", \"to\": \"db-1\", \"protocol\": \"tcp\", \"port\": 5432}");

        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(unknown.body()).contains("prt").contains("did you mean port?");
        assertThat(asked.statusCode()).isEqualTo(200);
        assertThat(asked.headers().firstValue("ETag")).isPresent();
    }
}
