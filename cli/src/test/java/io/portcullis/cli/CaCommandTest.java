package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;

class CaCommandTest extends CliTestCase {
    @Test
    void shouldMakeAnAuthorityAndTheFilesOfANode() throws Exception {
        String authority = folder.resolve("ca").toString();

        assertThat(run("ca", "init", "--dir", authority)).isEqualTo(ExitCode.OK);
        assertThat(run("ca", "issue", "--dir", authority, "--node", "host-1", "--address", "10.0.0.1,h1.example.com"))
                .isEqualTo(ExitCode.OK);

        Path node = folder.resolve("ca/nodes/host-1");
        assertThat(out.toString())
                .contains("authority in " + authority + ", good until", node.resolve("node.key") + "\n");
        assertThat(Files.list(node).map(Path::getFileName).map(Path::toString))
                .containsExactlyInAnyOrder("ca.crt", "node.crt", "node.key");
        for (Path secret : new Path[] {node.resolve("node.key"), folder.resolve("ca/ca.key")}) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
                    .isEqualTo("rw-------");
        }
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void shouldListWhatItIssuedAndHowLongItIsGood() {
        String authority = folder.resolve("ca").toString();
        run("ca", "init", "--dir", authority);
        run("ca", "issue", "--dir", authority, "--node", "host-2", "--address", "10.0.0.2", "--days", "30");
        run("ca", "issue", "--dir", authority, "--node", "host-1");
        assertThat(err.toString()).contains("other nodes can call it as host-1 only");
        out.getBuffer().setLength(0);

        assertThat(run("ca", "list", "--dir", authority)).isEqualTo(ExitCode.OK);

        assertThat(out.toString().lines())
                .satisfiesExactly(
                        heading -> assertThat(heading).matches("NODE +EXPIRES +LEFT +ADDRESSES"),
                        ca -> assertThat(ca).matches("\\(ca\\) .* 36[0-9]{2}d .*"),
                        first -> assertThat(first).matches("host-1 .* 36[45]d +host-1"),
                        second -> assertThat(second).matches("host-2 .* (29|30)d +host-2,10.0.0.2"));
    }

    @Test
    void shouldReplaceNothingUnlessToldSo() throws Exception {
        String authority = folder.resolve("ca").toString();
        run("ca", "init", "--dir", authority);
        run("ca", "issue", "--dir", authority, "--node", "host-1");
        Path key = folder.resolve("ca/nodes/host-1/node.key");
        String before = Files.readString(key);
        String authorityBefore = Files.readString(folder.resolve("ca/ca.key"));

        assertThat(run("ca", "init", "--dir", authority)).isEqualTo(ExitCode.FAILED);
        assertThat(run("ca", "issue", "--dir", authority, "--node", "host-1")).isEqualTo(ExitCode.FAILED);

        assertThat(Files.readString(key)).isEqualTo(before);
        assertThat(Files.readString(folder.resolve("ca/ca.key"))).isEqualTo(authorityBefore);
        assertThat(err.toString())
                .contains("error: there is an authority in " + authority + " already; nothing was changed")
                .contains("  hint: add --renew to replace it");
        assertThat(run("ca", "issue", "--dir", authority, "--node", "host-1", "--renew"))
                .isEqualTo(ExitCode.OK);
        assertThat(Files.readString(key)).isNotEqualTo(before);
    }

    @Test
    void shouldSayWhatIsWrongWithARequest() {
        String authority = folder.resolve("ca").toString();

        assertThat(run("ca", "issue", "--dir", authority, "--node", "host-1")).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("hint: make one: portcullis ca init --dir " + authority);

        run("ca", "init", "--dir", authority, "--days", "100");
        assertThat(run("ca", "issue", "--dir", authority, "--node", "host-1")).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("the authority itself is good until");

        assertThat(run("ca", "issue", "--dir", authority, "--node", "Host_1", "--days", "9"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("'Host_1' is no name for a node");

        assertThat(run("ca", "issue", "--dir", authority, "--node", "host-1", "--days", "9", "--address", "10.0.0.300"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("'10.0.0.300' is neither an IP address nor a DNS name");

        assertThat(run("ca", "issue", "--dir", authority, "--node", "host-1", "--days", "0"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(folder.resolve("ca/nodes")).doesNotExist();
    }
}
