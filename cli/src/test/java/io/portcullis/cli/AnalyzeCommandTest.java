package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnalyzeCommandTest {
    private static final String ASK = "/v1/tenants/acme/analysis?limit=100000";
    private static final String FOUND = """
        {"tenant": "acme", "revision": 7, "rules": 9, "unfinished": 0, "truncated": false,
         "counts": {"empty-group": 1, "shadowed": 2},
         "findings": [
           {"kind": "shadowed", "subject": "Rule/shop/ssh", "message": "its ALLOW never decides", "hint": "move it",
            "causes": ["shop/rest"]%s},
           {"kind": "shadowed", "subject": "Rule/shop/sql", "message": "its ALLOW never decides", "hint": "move it",
            "causes": ["shop/rest"]%s},
           {"kind": "empty-group", "subject": "Group/old", "message": "no vNIC is a member", "hint": "check tags",
            "causes": ["shop/old"]%s}]}
        """;

    @TempDir
    Path folder;

    private StubCluster cluster;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void start() throws Exception {
        cluster = new StubCluster();
        Files.writeString(folder.resolve("token"), "secret-token\n");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private int run(String... args) {
        return Main.run(
                new Terminal(
                        new PrintWriter(out),
                        new PrintWriter(err),
                        new ByteArrayInputStream("kind: Policy\n".getBytes(StandardCharsets.UTF_8)),
                        Map.of(
                                "PORTCULLIS_URL", cluster.url(),
                                "PORTCULLIS_TENANT", "acme",
                                "PORTCULLIS_TOKEN_FILE", folder.resolve("token").toString())),
                args);
    }

    @Test
    void shouldSayWhatWasFoundAndHowToMendIt() {
        cluster.on("GET " + ASK, 200, FOUND.formatted("", "", ""));

        assertThat(run("analyze")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("""
            acme at revision 7, 9 rules: 1 empty-group, 2 shadowed
            shadowed: Rule/shop/ssh
              its ALLOW never decides
              hint: move it
            shadowed: Rule/shop/sql
              its ALLOW never decides
              hint: move it
            empty-group: Group/old
              no vNIC is a member
              hint: check tags
              named by shop/old
            """);
    }

    @Test
    void shouldFailOnWhatMustNotBe() {
        cluster.on("GET " + ASK, 200, FOUND.formatted("", "", ""));

        assertThat(run("analyze", "--fail-on", "redundant,unused")).isEqualTo(ExitCode.OK);
        assertThat(run("analyze", "--fail-on", "redundant,shadowed", "-o", "json"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(run("analyze", "--fail-on", "all")).isEqualTo(ExitCode.FAILED);
        assertThat(run("analyze", "--fail-on", "shadow")).isEqualTo(ExitCode.USAGE);

        assertThat(out.toString()).contains("\"causes\" : [ \"shop/rest\" ]");
        assertThat(err.toString()).contains("'shadow'").contains("never-matches");
    }

    @Test
    void shouldTellWhatDocumentsWouldBring() {
        cluster.on(
                "POST " + ASK,
                200,
                FOUND.formatted(", \"introduced\": false", ", \"introduced\": true", ", \"introduced\": false"));

        assertThat(run("analyze", "-f", "-", "--new", "--fail-on", "empty-group"))
                .isEqualTo(ExitCode.OK);
        assertThat(run("analyze", "-f", "-", "--new", "--fail-on", "shadowed")).isEqualTo(ExitCode.FAILED);

        assertThat(out.toString())
                .startsWith("acme at revision 7, 9 rules: 1 shadowed\nshadowed: Rule/shop/sql (new)\n")
                .doesNotContain("shop/ssh");
        assertThat(cluster.requests.getFirst().body()).isEqualTo("kind: Policy\n");
        assertThat(run("analyze", "--new")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void shouldHaveTheClusterRefuseAChangeThatBringsFindings() {
        cluster.on(
                "POST /v1/tenants/acme/documents?failOn=shadowed%2Cunused",
                409,
                StubCluster.problem(
                        409,
                        "findings",
                        "x",
                        "",
                        "{\"path\": \"spec.rules[1]\", \"message\": \"shadowed: it never decides\", \"hint\": \"move"
                                + " it\", \"line\": 8, \"column\": 5}"));

        assertThat(run("apply", "-f", "-", "--fail-on", "shadowed,unused")).isEqualTo(ExitCode.FAILED);

        assertThat(err.toString()).contains("line 8, column 5: spec.rules[1]: shadowed: it never decides");
    }
}
