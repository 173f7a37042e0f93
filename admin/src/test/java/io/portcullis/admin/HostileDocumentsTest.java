package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.portcullis.api.Json;
import io.portcullis.policy.model.Limits;
import io.portcullis.policy.model.TenantModel;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is sent as documents is refused with the place and a hint, before much is made of it, and nothing is changed. The limit of time is
 * only there so that a document that never ends does not hold the tests up.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HostileDocumentsTest extends ApiTestCase {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    /** Longest answer, in characters: a refusal does not give back what was sent. */
    private static final int MAX_ANSWER_CHARS = 200_000;

    private static Stream<Arguments> documents() {
        List<Arguments> all = new ArrayList<>();
        all.addAll(malformed());
        all.addAll(wronglyTyped());
        all.addAll(tooMuch());
        all.addAll(patterns());
        all.addAll(impossible());
        all.addAll(untimely());
        return all.stream();
    }

    private static List<Arguments> malformed() {
        return List.of(
                bad("an alias of itself", "&a [*a]", "", "aliases"),
                bad("merge keys", group("g", "{<<: *x, tag: a:b}"), "", ""),
                bad("laughs", "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n", "", "aliases"),
                bad(
                        "a tag of Java",
                        "!!javax.script.ScriptEngineManager [!!java.net.URL ['http://127.0.0.1/']]",
                        "",
                        "object"),
                bad("binary data", group("g", "{tag: !!binary aGVsbG8=}"), "", ""),
                bad("a key that is a list", "? [a, b]\n: c\n", "", ""),
                bad("an object never closed", "{a: ".repeat(10_000), "", "depth"),
                bad("lists never closed", group("g", "[".repeat(100_000)), "", "depth"),
                bad("tabs", "kind:\n\tGroup\n", "", ""),
                bad("a control character", "kind: Group\u0007\n", "", ""),
                bad("nothing but a comment", "# nothing\n", "", "no document"),
                bad("a directive", "%YAML 9.9\n---\nkind: Group\n", "", ""));
    }

    private static List<Arguments> wronglyTyped() {
        return List.of(
                bad(
                        "a text for a number",
                        "{kind: Segment, metadata: {name: s}, spec: {vlan: many}}",
                        "spec.vlan",
                        "whole number"),
                bad(
                        "a fraction for a number",
                        "{kind: Segment, metadata: {name: s}, spec: {vlan: 1.5}}",
                        "spec.vlan",
                        "whole number"),
                bad("no number", "{kind: Segment, metadata: {name: s}, spec: {vlan: .nan}}", "", "numeric value"),
                bad(
                        "an infinite number",
                        "{kind: Segment, metadata: {name: s}, spec: {vlan: -.inf}}",
                        "",
                        "numeric value"),
                bad(
                        "a number of many digits",
                        "{kind: Segment, metadata: {name: s}, spec: {vlan: " + "9".repeat(90) + "}}",
                        "spec.vlan",
                        "whole number"),
                bad(
                        "a number of too many digits",
                        "{kind: Segment, metadata: {name: s}, spec: {vlan: " + "9".repeat(100_000) + "}}",
                        "spec.vlan",
                        "whole number"),
                bad(
                        "a number with a huge exponent",
                        "{kind: Segment, metadata: {name: s}, spec: {vlan: 1.0e999999999}}",
                        "spec.vlan",
                        "whole number"),
                bad(
                        "a list for a text",
                        "{kind: Group, metadata: {name: [g]}, spec: {members: {tag: a:b}}}",
                        "metadata.name",
                        "a text"),
                bad("a list for an object", group("g", "[]"), "spec.members", "an object"),
                bad("a text for a list", group("g", "{vms: web-1}"), "spec.members.vms", "a list"),
                bad("nothing in a list", group("g", "{vms: [~]}"), "spec.members.vms[0]", "a text"),
                bad("an unknown field", group("g", "{tagg: a:b}"), "spec.members.tagg", "not a field"),
                bad("an unknown kind", "{kind: Polcy, metadata: {name: p}, spec: {}}", "kind", "not a kind"),
                bad("a field twice", "kind: Group\nkind: Group\n", "", "uplicate"),
                bad(
                        "a name twice",
                        group("g", "{tag: a:b}") + "\n---\n" + group("g", "{tag: a:c}"),
                        "documents[1].metadata.name",
                        "documents[0]"));
    }

    private static List<Arguments> tooMuch() {
        return List.of(
                bad("a million members", group("g", "{vms: [" + "a,\n".repeat(1_000_000) + "a]}"), "", "500000 values"),
                bad(
                        "members of which nobody exists",
                        group("g", "{vms: [" + many(150_000, n -> "v" + n) + "]}"),
                        "spec.members",
                        "MAX_MEMBERS_PER_GROUP"),
                bad("too many documents", streamOf(400_001, "{tag: a:b}"), "", "400000 documents"),
                bad(
                        "a document of 33 MiB",
                        group("g", "{tag: 'a:" + "b\n".repeat(17 << 20) + "'}"),
                        "",
                        "a document has"),
                bad("a line of 30 MiB", group("g", "{tag: 'a:" + "b ".repeat(15 << 20) + "'}"), "", "a line has"),
                bad("a comment of 30 MiB", "# " + "b ".repeat(15 << 20), "", "a line has"),
                bad(
                        "twenty thousand wrong documents",
                        streamOf(20_000, "{group: none}"),
                        "documents[0].spec.members",
                        "no group"),
                bad(
                        "too many addresses",
                        group(
                                "g",
                                "{addresses: ["
                                        + many(10_001, n -> "10." + n / 65_536 + "." + n / 256 % 256 + "." + n % 256)
                                        + "]}"),
                        "spec.members",
                        "MAX_ADDRESSES_PER_SET"),
                bad(
                        "pairs of ports without number",
                        "{kind: Service, metadata: {name: s}, spec: {entries: [{protocol: tcp, ports: ["
                                + many(65_536, n -> "1") + "], sourcePorts: [" + many(65_536, n -> "1") + "]}]}}",
                        "spec.entries[0].ports",
                        "too many"),
                bad("a long tag", group("g", "{tag: 'a:" + "b".repeat(200_000) + "'}"), "spec.members.tag", "no tag"),
                bad(
                        "a long address",
                        group("g", "{addresses: ['" + "1.".repeat(100_000) + "']}"),
                        "spec.members.addresses[0]",
                        "no addresses"),
                bad("a long name", group("n".repeat(200_000), "{tag: a:b}"), "metadata.name", "no name"),
                bad(
                        "a long MAC address",
                        vm("mac: '" + "02:".repeat(80_000) + "'", "[]"),
                        "spec.vnics[0].mac",
                        "no MAC"),
                bad(
                        "a long port",
                        vm("mac: '02:00:00:00:00:01'", "[10.0.0.1]").replace("memory:v", "a" + "0".repeat(200_000)),
                        "spec.vnics[0].port",
                        "no port"),
                bad("a long field", "{" + "f".repeat(200_000) + ": 1}", "", ""),
                bad(
                        "many unknown fields",
                        group("g", "{" + many(100_000, n -> "f" + n + ": 1") + "}"),
                        "spec.members.f0",
                        "not a field"),
                bad(
                        "a text that is too long",
                        "{kind: Segment, metadata: {name: s}, spec: {vlan: 7, description: '" + "x".repeat(200_000)
                                + "'}}",
                        "spec.description",
                        "MAX_TEXT_LENGTH"));
    }

    private static List<Arguments> patterns() {
        return List.of(
                bad("a pattern that repeats a repetition", named("a{1000}{1000}"), "spec.members", "MAX_PATTERN_STEPS"),
                bad(
                        "a pattern of a thousand million steps",
                        named("((a{1000}){1000}){1000}"),
                        "spec.members",
                        "MAX_PATTERN_STEPS"),
                bad(
                        "a pattern of a quarter of a megabyte",
                        named("(a|".repeat(80_000)),
                        "spec.members",
                        "MAX_PATTERN_LENGTH"),
                bad("a pattern that is none", named("web-(a"), "spec.members", "missing closing )"),
                bad("a pattern that refers back", named("(a)\\1"), "spec.members", "invalid escape"),
                bad("a pattern that looks ahead", named("(?=a)"), "spec.members", "Perl syntax"),
                bad("an empty pattern", named(""), "spec.members", "empty"),
                bad(
                        "many patterns",
                        IntStream.range(0, 1_000)
                                .mapToObj(n -> group("g" + n, "{name: {matches: '(a|b){20}x" + n + "'}}"))
                                .collect(Collectors.joining("\n---\n")),
                        "groups",
                        "MAX_PATTERN_STEPS_PER_TENANT"));
    }

    private static String named(String pattern) {
        return group("g", "{name: {matches: '" + pattern + "'}}");
    }

    private static List<Arguments> impossible() {
        return List.of(
                bad("a group in itself", group("g", "{group: g}"), "spec.members", "cycle"),
                bad("a ring of groups", ring(10), "documents[0].spec.members", "cycle"),
                bad("a ring of thousands", ring(5_000), "documents[32].spec.members", "nested deeper"),
                bad(
                        "a deep expression",
                        group("g", "{not: ".repeat(40) + "{tag: a:b}" + "}".repeat(40)),
                        "spec.members" + ".not".repeat(32),
                        "deeper than 32"),
                bad(
                        "a wide expression",
                        group("g", "{any: [" + many(2_000, n -> "{tag: a:b}") + "]}"),
                        "spec.members",
                        "1000 parts"),
                bad(
                        "half a character",
                        "{\"kind\": \"Segment\", \"metadata\": {\"name\": \"s\"}, \"spec\": {\"vlan\": 7,"
                                + " \"description\": \"\\ud800\"}}",
                        "spec.description",
                        "control characters"),
                bad(
                        "no character",
                        "{\"kind\": \"Segment\", \"metadata\": {\"name\": \"s\"}, \"spec\": {\"vlan\": 7,"
                                + " \"description\": \"\\uffff\"}}",
                        "spec.description",
                        "control characters"),
                bad(
                        "an escaped control character",
                        "{\"kind\": \"Segment\", \"metadata\": {\"name\": \"s\"}, \"spec\": {\"vlan\": 7,"
                                + " \"description\": \"\\u0000\"}}",
                        "spec.description",
                        "control characters"),
                bad("a name with a path in it", group("../../etc", "{tag: a:b}"), "metadata.name", "no name"));
    }

    private static List<Arguments> untimely() {
        String schedule = "spec.schedule";
        return List.of(
                bad(
                        "a zone that does not exist",
                        timed("timeZone: Europe/Berlni"),
                        schedule + ".timeZone",
                        "Europe/Berlin"),
                bad("a zone without end", timed("timeZone: '" + "x".repeat(9_000) + "'"), schedule + ".timeZone", "…"),
                bad("an offset of days", timed("timeZone: '+99:00'"), schedule + ".timeZone", "no time zone"),
                bad("no zone", timed("windows: ['08:00-18:00']"), schedule + ".timeZone", "required"),
                bad(
                        "a window after the day",
                        timed("timeZone: UTC, windows: ['24:00-06:00']"),
                        schedule + ".windows[0]",
                        "00:00"),
                bad(
                        "an empty window",
                        timed("timeZone: UTC, windows: ['09:00-09:00']"),
                        schedule + ".windows[0]",
                        "00:00-24:00"),
                bad("no windows", timed("timeZone: UTC, windows: []"), schedule + ".windows", "no window"),
                bad(
                        "a number for a window",
                        timed("timeZone: UTC, windows: [0800]"),
                        schedule + ".windows[0]",
                        "08:00-18:00"),
                bad("no day of the week", timed("timeZone: UTC, days: [FUNDAY]"), schedule + ".days[0]", "MONDAY"),
                bad("no days", timed("timeZone: UTC, days: []"), schedule + ".days", "no day"),
                bad("no date", timed("timeZone: UTC, from: 2026-02-30"), schedule + ".from", "2027-01-31"),
                bad("a far date", timed("timeZone: UTC, until: '+999999999-12-31'"), schedule + ".until", "MAX_YEAR"),
                bad(
                        "a date long past",
                        timed("timeZone: UTC, from: '-999999999-01-01'"),
                        schedule + ".from",
                        "MIN_YEAR"),
                bad(
                        "dates the wrong way",
                        timed("timeZone: UTC, from: 2027-01-01, until: 2026-01-01"),
                        schedule + ".until",
                        "before"),
                bad(
                        "too many windows",
                        timed("timeZone: UTC, windows: ["
                                + many(
                                        Limits.MAX_WINDOWS_PER_SCHEDULE + 1,
                                        n -> String.format("'%02d:00-%02d:30'", n, n))
                                + "]"),
                        schedule + ".windows",
                        "MAX_WINDOWS_PER_SCHEDULE"),
                bad(
                        "an expiry without a zone",
                        expiring("2027-01-31T18:00:00"),
                        "spec.rules[0].expires",
                        "with its zone"),
                bad(
                        "an expiry in a zone of nowhere",
                        expiring("2027-01-31[Mars/Base]"),
                        "spec.rules[0].expires",
                        "with its zone"),
                bad(
                        "an expiry without end",
                        expiring("+999999999-01-01T00:00:00Z"),
                        "spec.rules[0].expires",
                        "MAX_YEAR"));
    }

    private static String timed(String schedule) {
        return "{kind: Policy, metadata: {name: p}, spec: {category: APPLICATION, schedule: {" + schedule
                + "}, rules: [{name: r, services: [any], action: DROP}]}}";
    }

    private static String expiring(String expires) {
        return "{kind: Policy, metadata: {name: p}, spec: {category: APPLICATION, rules: [{name: r, services: [any],"
                + " action: DROP, expires: '" + expires + "'}]}}";
    }

    private static Arguments bad(String what, String text, String path, String message) {
        return Arguments.of(what, text, path, message);
    }

    private static String group(String name, String members) {
        return "{kind: Group, metadata: {name: '" + name + "'}, spec: {members: " + members + "}}";
    }

    private static String vm(String mac, String addresses) {
        return "{kind: Vm, metadata: {name: v}, spec: {vnics: [{name: eth0, " + mac + ", addresses: " + addresses
                + ", segment: front, port: 'memory:v'}]}}";
    }

    private static String streamOf(int count, String members) {
        return IntStream.range(0, count).mapToObj(n -> group("g" + n, members)).collect(Collectors.joining("\n---\n"));
    }

    private static String ring(int size) {
        return IntStream.range(0, size)
                .mapToObj(n -> group("g" + n, "{group: g" + (n + 1) % size + "}"))
                .collect(Collectors.joining("\n---\n"));
    }

    private static String many(int count, IntFunction<String> text) {
        return IntStream.range(0, count).mapToObj(text).collect(Collectors.joining(",\n "));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("documents")
    void shouldRefuseWithPlaceAndReasonAndChangeNothing(String what, String text, String path, String message)
            throws Exception {
        client.apply("acme", TENANT);
        TenantModel before = services.models.get("acme");

        HttpResponse<String> answer = post(HttpRequest.BodyPublishers.ofString(text));

        assertThat(answer.statusCode()).as(what).isEqualTo(400);
        assertThat(answer.body()).hasSizeLessThan(MAX_ANSWER_CHARS);
        JsonNode problems = Json.mapper().readTree(answer.body()).get("problems");
        assertThat(problems.size()).isBetween(1, 200);
        assertThat(problems.get(0).get("path").asText()).isEqualTo(path);
        assertThat(problems.get(0).get("message").asText()
                        + problems.get(0).path("hint").asText())
                .contains(message);
        assertThat(services.models.get("acme")).isSameAs(before);
    }

    @Test
    void shouldRefuseHugeBodiesWithAndWithoutALength() throws Exception {
        TenantModel before = services.models.get("acme");
        byte[] huge = new byte[160 << 20];

        HttpResponse<String> announced = post(HttpRequest.BodyPublishers.ofByteArray(huge));
        HttpResponse<String> chunked =
                post(HttpRequest.BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(huge)));

        assertThat(announced.statusCode()).isEqualTo(413);
        assertThat(announced.body()).contains("too-large", "send it in parts");
        assertThat(chunked.statusCode()).isEqualTo(413);
        assertThat(services.models.get("acme")).isSameAs(before);
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void shouldRefuseWhatIsNotUtf8(Charset charset) throws Exception {
        byte[] text = group("g", "{name: {equals: 'ü'}}").getBytes(charset);

        HttpResponse<String> answer = post(HttpRequest.BodyPublishers.ofByteArray(text));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("UTF-8");
        assertThat(services.models.get("acme").groups()).isEmpty();
    }

    private static Stream<Charset> encodings() {
        return Stream.of(StandardCharsets.ISO_8859_1, StandardCharsets.UTF_16);
    }

    private HttpResponse<String> post(HttpRequest.BodyPublisher body) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(base().resolve("/v1/tenants/acme/documents"))
                        .header("Authorization", "Bearer " + token())
                        .header("Content-Type", "application/yaml")
                        .POST(body)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
