package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The hook that libvirt calls, run by bash, with a stub of the API. */
class LibvirtHookTest extends CliTestCase {
    private static final Path HOOK =
            Path.of("..", "dist", "src", "package", "libvirt-hook").toAbsolutePath();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String XML = """
        <domain type='kvm'>
          <name>guest-7</name>
          <metadata>
            <portcullis:vm xmlns:portcullis="urn:portcullis">acme/web-1</portcullis:vm>
          </metadata>
        </domain>
        """;
    private static final String ANSWER = "{\"vm\": \"acme/web-1\", \"status\": \"%s\", \"host\": \"host-1\"}";

    private static final String WHERE = "GET /v1/tenants/acme/vms/web-1";
    private static final String PLACED =
            "{\n  \"name\" : \"web-1\",\n  \"placement\" : {\n    \"host\" : \"%s\",\n    \"epoch\" : 3\n  }\n}";

    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void needTools() throws Exception {
        for (String tool : List.of("bash", "curl")) {
            boolean found = isInstalled(tool);
            if (!found) {
                System.out.println("LibvirtHookTest: skipped, there is no " + tool);
            }
            assumeTrue(found, () -> "there is no " + tool);
        }
        configure("");
    }

    private static boolean isInstalled(String tool) throws Exception {
        try {
            return new ProcessBuilder(tool, "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException missing) {
            return false;
        }
    }

    private void configure(String more) throws IOException {
        Files.writeString(folder.resolve("libvirt.conf"), """
            HOST=host-2
            URL=%s
            TOKEN_FILE=%s
            STATE_DIR=%s
            STOPPED_SECONDS=1
            %s
            """.formatted(
                        cluster.url(), folder.resolve("token"), folder.resolve("state"), more));
    }

    private Ended hook(String stdin, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", HOOK.toString()));
        command.addAll(List.of(arguments));
        // a file, as the hook need not read what it is given: a pipe would break then
        Path given = Files.writeString(folder.resolve("hook.in"), stdin);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(given.toFile())
                .redirectOutput(folder.resolve("hook.out").toFile())
                .redirectError(folder.resolve("hook.err").toFile());
        builder.environment()
                .put("PORTCULLIS_LIBVIRT_CONF", folder.resolve("libvirt.conf").toString());
        Process process = builder.start();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return new Ended(
                process.exitValue(),
                Files.readString(folder.resolve("hook.out")),
                Files.readString(folder.resolve("hook.err")));
    }

    private static String move(String word) {
        return "POST /v1/tenants/acme/vms/web-1/move/" + word;
    }

    private List<String> asked() {
        return cluster.requests.stream().map(StubCluster.Request::line).toList();
    }

    @Test
    void shouldPrepareAnIncomingMigrationUntilItIsReadyAndLeaveTheXmlAlone() throws Exception {
        cluster.on(move("prepare"), 200, ANSWER.formatted("PENDING"))
                .on(move("prepare"), 200, ANSWER.formatted("READY"));

        Ended ended = hook(XML, "guest-7", "migrate", "begin", "-");

        assertThat(ended.err()).isEmpty();
        assertThat(ended.code()).isZero();
        assertThat(ended.out()).isEmpty();
        assertThat(asked()).containsExactly(move("prepare"), move("prepare"));
        assertThat(cluster.requests.getLast().body()).isEqualTo("{\"to\": \"host-2\"}");
        assertThat(cluster.requests.getLast().authorization()).isEqualTo("Bearer secret-token");
    }

    @Test
    void shouldLetAMigrationGoOnThatCannotBePreparedUnlessToldOtherwise() throws Exception {
        cluster.on(move("prepare"), 409, StubCluster.problem(409, "capacity", "the host is full", "", ""));

        Ended ended = hook(XML, "guest-7", "migrate", "begin", "-");
        assertThat(ended.code()).isZero();
        assertThat(ended.err()).contains("prepare refused", "the host is full", "the migration goes on");

        configure("REFUSE_UNPREPARED=yes");
        assertThat(hook(XML, "guest-7", "migrate", "begin", "-").code()).isEqualTo(1);
    }

    @Test
    void shouldSayThatTheVmIsGoneFromItsSource() throws Exception {
        cluster.on(move("stopped"), 200, ANSWER.formatted("HANDED_OVER"));

        assertThat(hook(XML, "guest-7", "stopped", "end", "-").code()).isZero();

        assertThat(asked()).containsExactly(move("stopped"));
    }

    @Test
    void shouldSayThatAnIncomingVmDidNotComeButNotThatOneWasShutDown() throws Exception {
        cluster.on(move("prepare"), 200, ANSWER.formatted("READY"))
                .on(move("aborted"), 200, ANSWER.formatted("SETTLED"))
                .on(WHERE, 200, PLACED.formatted("host-1"));
        hook(XML, "guest-7", "migrate", "begin", "-");

        hook(XML, "guest-7", "stopped", "end", "-");
        hook(XML, "guest-7", "release", "end", "-");

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(asked()).containsExactly(move("prepare"), WHERE, move("aborted")));
        hook(XML, "guest-7", "migrate", "begin", "-");
        hook(XML, "guest-7", "release", "end", "shutdown");
        assertThat(asked()).containsExactly(move("prepare"), WHERE, move("aborted"), move("prepare"));
    }

    @Test
    void shouldSayThatAVmLeavesOfWhichNobodyHadHeardThatItCame() throws Exception {
        cluster.on(move("prepare"), 200, ANSWER.formatted("READY"))
                .on(move("stopped"), 200, ANSWER.formatted("HANDED_OVER"))
                .on(WHERE, 200, PLACED.formatted("host-2"));
        hook(XML, "guest-7", "migrate", "begin", "-");

        hook(XML, "guest-7", "stopped", "end", "-");
        hook(XML, "guest-7", "release", "end", "-");

        assertThat(asked()).containsExactly(move("prepare"), WHERE, move("stopped"));
    }

    @Test
    void shouldHearOfStopsAndResumes() throws Exception {
        cluster.on(move("prepare"), 200, ANSWER.formatted("READY"))
                .on(move("stopped"), 200, ANSWER.formatted("HANDED_OVER"))
                .on(move("resumed"), 200, ANSWER.formatted("PENDING"))
                .on(move("resumed"), 200, ANSWER.formatted("SETTLED"));
        hook(XML, "guest-7", "migrate", "begin", "-");

        Ended ended = hook("""
            event 'lifecycle' for domain 'guest-7': Suspended Paused
            event 'lifecycle' for domain 'guest-7': Suspended Migrated
            event 'lifecycle' for domain guest-7: Resumed Migrated
            event 'lifecycle' for domain 'nobody': Resumed Migrated
            """, "events");

        assertThat(ended.code()).isZero();
        assertThat(asked()).containsExactly(move("prepare"), move("stopped"), move("resumed"), move("resumed"));
        assertThat(cluster.requests.getLast().body()).isEqualTo("{\"host\": \"host-2\"}");
    }

    @Test
    void shouldKnowGuestsByTheirTenantOrLeaveThemAlone() throws Exception {
        String plain = "<domain><name>web-1</name></domain>";
        cluster.on(move("stopped"), 200, ANSWER.formatted("HANDED_OVER"));

        assertThat(hook(plain, "web-1", "stopped", "end", "-").code()).isZero();
        assertThat(cluster.requests).isEmpty();

        configure("TENANT=acme");
        hook(plain, "web-1", "stopped", "end", "-");
        assertThat(asked()).containsExactly(move("stopped"));
        assertThat(hook(plain, "../../etc", "stopped", "end", "-").code()).isZero();
        assertThat(cluster.requests).hasSize(1);
    }

    @Test
    void shouldNotHoldAMigrationWhenNoNodeAnswersOrNothingIsConfigured() throws Exception {
        cluster.close();
        configure("PREPARE_SECONDS=1");
        Ended away = hook(XML, "guest-7", "migrate", "begin", "-");
        assertThat(away.code()).isZero();
        assertThat(away.err()).contains("not answered within 1 s");

        Files.writeString(folder.resolve("libvirt.conf"), "");
        Ended unconfigured = hook(XML, "guest-7", "migrate", "begin", "-");
        assertThat(unconfigured.code()).isZero();
        assertThat(unconfigured.err()).contains("must set HOST");
    }
}
