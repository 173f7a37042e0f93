package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A VM that is a network namespace moves between two others by its veth pair; the cluster is a stub. Needs root and iproute2. */
class NamespaceCommandTest extends CliTestCase {
    private static final String ANSWER = "{\"vm\": \"acme/web-1\", \"status\": \"%s\", \"host\": \"%s\"}";

    private final String prefix = "pcns" + ProcessHandle.current().pid() + "-";
    private final String vm = prefix + "vm";
    private final String first = prefix + "h1";
    private final String second = prefix + "h2";
    private final List<String> made = new ArrayList<>();

    @BeforeEach
    void makeNamespaces() throws Exception {
        boolean possible = System.getProperty("user.name").equals("root") && ended("ip -V") == 0 && makes(vm);
        if (!possible) {
            System.out.println("NamespaceCommandTest: skipped, it needs root and ip (apt-get install iproute2)");
        }
        assumeTrue(possible, "root and iproute2");
        for (String host : List.of(first, second)) {
            assertThat(makes(host)).isTrue();
            ip(host, "link add br0 type bridge");
        }
        ip(first, "link add v0 type veth peer name eth0 netns " + vm);
        ip(first, "link set dev v0 master br0 up");
        ip(vm, "link set dev eth0 up");
        cluster.on(move("prepare"), 200, ANSWER.formatted("READY", "host-1"))
                .on(move("stopped"), 200, ANSWER.formatted("HANDED_OVER", "host-2"))
                .on(move("resumed"), 200, ANSWER.formatted("SETTLED", "host-2"))
                .on(move("aborted"), 200, ANSWER.formatted("SETTLED", "host-1"));
    }

    @AfterEach
    void removeNamespaces() throws Exception {
        for (String namespace : made) {
            ended("ip netns del " + namespace);
        }
    }

    @Test
    void shouldMoveALinkAndSayWhatItDoes() throws Exception {
        assertThat(move("v0", second + "/br0")).as(err.toString()).isEqualTo(ExitCode.OK);

        assertThat(said()).containsExactly(move("prepare"), move("stopped"), move("resumed"));
        assertThat(link(second)).contains(" master br0 ").containsPattern("<.*\\bUP\\b.*>");
        assertThat(ended("ip -n " + first + " link show dev v0")).isNotZero();
    }

    @Test
    void shouldLeaveTheVmAloneWhenTheDestinationHasNoBridge() throws Exception {
        assertThat(move("v0", second + "/br7")).isEqualTo(ExitCode.FAILED);

        assertThat(said()).containsExactly(move("prepare"), move("aborted"));
        assertThat(err.toString()).contains("br7").contains("the VM goes on where it was");
        assertThat(link(first)).contains(" master br0 ").containsPattern("<.*\\bUP\\b.*>");
    }

    @Test
    void shouldTakeTheVmBackWhenTheDestinationCannotTakeIt() throws Exception {
        // A name that is taken, which shows only when the link comes.
        ip(second, "link add v0 type bridge");

        assertThat(move("v0", second + "/br0")).isEqualTo(ExitCode.FAILED);

        assertThat(said()).containsExactly(move("prepare"), move("stopped"), move("aborted"));
        assertThat(link(first)).contains(" master br0 ").containsPattern("<.*\\bUP\\b.*>");
    }

    @Test
    void shouldRefuseWhatIsNoPlaceOrNoDevice() {
        assertThat(move("v0", "br0")).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("'br0' is no place of a VM; write NETNS/BRIDGE");
        assertThat(move("../v0", second + "/br0")).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("'../v0' is no name of a network device");
        assertThat(said()).isEmpty();
    }

    private int move(String device, String into) {
        return run(
                "migrations",
                "netns",
                "web-1",
                "--to",
                "host-2",
                "--device",
                device,
                "--from",
                first + "/br0",
                "--into",
                into);
    }

    private static String move(String word) {
        return "POST /v1/tenants/acme/vms/web-1/move/" + word;
    }

    private List<String> said() {
        return cluster.requests.stream()
                .map(StubCluster.Request::line)
                .filter(line -> line.startsWith("POST"))
                .toList();
    }

    private boolean makes(String namespace) throws Exception {
        made.add(namespace);
        return ended("ip netns add " + namespace) == 0;
    }

    private static void ip(String namespace, String command) throws Exception {
        assertThat(ended("ip -n " + namespace + " " + command)).as(command).isZero();
    }

    private static String link(String namespace) throws Exception {
        Process process = new ProcessBuilder(("ip -n " + namespace + " -o link show dev v0").split(" ", -1)).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static int ended(String command) throws Exception {
        try {
            return new ProcessBuilder(command.split(" ", -1))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException missing) {
            return -1;
        }
    }
}
