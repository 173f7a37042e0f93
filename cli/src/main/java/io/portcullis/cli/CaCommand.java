package io.portcullis.cli;

import static io.portcullis.cli.Table.Column.column;
import static io.portcullis.cli.Table.Column.wideColumn;

import io.portcullis.cli.Table.Column;
import io.portcullis.pki.CertificateAuthority;
import io.portcullis.pki.NodeCertificate;
import io.portcullis.pki.PkiException;
import io.portcullis.pki.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The cluster's certificate authority: files in a folder; no cluster is needed. */
@Command(
        name = "ca",
        mixinStandardHelpOptions = true,
        description = "Make the cluster's certificate authority and the certificates of its nodes.",
        subcommands = {CaCommand.InitCommand.class, CaCommand.IssueCommand.class, CaCommand.ListCommand.class},
        footer = {
            "",
            "Keep the folder away from the hosts: whoever has its ca.key can add nodes to the cluster. Each node gets",
            "the three files of its folder nodes/NAME, and portcullis.tls.ca, .cert and .key name them. They may be",
            "replaced while the node runs.",
            "",
            "Examples:",
            "  portcullis ca init --dir ca",
            "  portcullis ca issue --dir ca --node host-1 --address 10.0.0.1,host-1.example.com",
            "  portcullis ca issue --dir ca --node host-1 --address 10.0.0.1,host-1.example.com --renew",
            "  portcullis ca list --dir ca"
        })
final class CaCommand implements Runnable {
    /** A hundred years. */
    private static final int MAX_DAYS = 36_500;

    private final Terminal terminal;

    CaCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void run() {
        new CommandLine(this, new CommandFactory(terminal))
                .setUsageHelpWidth(Main.HELP_WIDTH)
                .usage(terminal.out());
    }

    private static CommandFailure failure(PkiException refused) {
        return new CommandFailure(ExitCode.FAILED, String.valueOf(refused.getMessage()), refused.hint());
    }

    private static Duration days(int days) {
        if (days < 1 || days > MAX_DAYS) {
            throw new CommandFailure(ExitCode.USAGE, days + " days are none", "give 1 to " + MAX_DAYS);
        }
        return Duration.ofDays(days);
    }

    @Command(
            name = "init",
            mixinStandardHelpOptions = true,
            description = "Make an authority in a folder. It never replaces one.")
    static final class InitCommand implements Callable<Integer> {
        private final Terminal terminal;

        @Option(names = "--dir", required = true, paramLabel = "DIR", description = "Where it lives.")
        private Path folder = Path.of("");

        @Option(
                names = "--name",
                paramLabel = "NAME",
                description = "Of the cluster, for people who look at a certificate (default ${DEFAULT-VALUE}).")
        private String name = "portcullis";

        @Option(names = "--days", paramLabel = "N", description = "How long it is good (default ${DEFAULT-VALUE}).")
        private int days = 3_650;

        InitCommand(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            try {
                CertificateAuthority made = CertificateAuthority.init(folder, name, days(days), Instant.now());
                terminal.out()
                        .println("authority in " + folder + ", good until " + made.notAfter() + "; SHA-256 "
                                + made.fingerprint());
                return ExitCode.OK;
            } catch (PkiException refused) {
                throw failure(refused);
            }
        }
    }

    @Command(
            name = "issue",
            mixinStandardHelpOptions = true,
            description = "Make key and certificate of a node, in the folder nodes/NAME of the authority.")
    static final class IssueCommand implements Callable<Integer> {
        private final Terminal terminal;

        @Option(names = "--dir", required = true, paramLabel = "DIR", description = "Where the authority lives.")
        private Path folder = Path.of("");

        @Option(
                names = "--node",
                required = true,
                paramLabel = "NAME",
                description = "Name of the host, its portcullis.host.")
        private String node = "";

        @Option(
                names = "--address",
                split = ",",
                paramLabel = "ADDRESS",
                description = "IP addresses and DNS names at which others reach it; its name is always one.")
        private List<String> addresses = List.of();

        @Option(names = "--days", paramLabel = "N", description = "How long it is good (default ${DEFAULT-VALUE}).")
        private int days = 365;

        @Option(names = "--renew", description = "Replace the key and the certificate that it has.")
        private boolean renew;

        IssueCommand(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            try {
                CertificateAuthority.Request request = new CertificateAuthority.Request(node, addresses, days(days));
                TlsFiles files = CertificateAuthority.open(folder).issue(request, renew, Instant.now());
                terminal.out().println(files.authority());
                terminal.out().println(files.certificate());
                terminal.out().println(files.key());
                if (addresses.isEmpty()) {
                    terminal.err()
                            .println("note: other nodes can call it as " + node
                                    + " only; give its addresses with --address if they use another");
                }
                return ExitCode.OK;
            } catch (PkiException refused) {
                throw failure(refused);
            }
        }
    }

    /** A certificate as it is listed. */
    private record Row(String node, String expires, String left, List<String> addresses, String serial, String sha256) {
        static Row of(String node, Instant expires, List<String> addresses, String serial, String sha256, Instant now) {
            long days = Duration.between(now, expires).toDays();
            String left = expires.isBefore(now) ? "expired" : days + "d";
            return new Row(node, expires.toString(), left, addresses, serial, sha256);
        }

        static Row of(NodeCertificate certificate, Instant now) {
            return of(
                    certificate.node(),
                    certificate.notAfter(),
                    certificate.addresses(),
                    certificate.serial(),
                    certificate.fingerprint(),
                    now);
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the certificates in the authority's folder, its own first, and how long they are good.")
    static final class ListCommand implements Callable<Integer> {
        private static final List<Column<Row>> COLUMNS = List.of(
                column("NODE", Row::node),
                column("EXPIRES", Row::expires),
                column("LEFT", Row::left),
                column("ADDRESSES", Row::addresses),
                wideColumn("SERIAL", Row::serial),
                wideColumn("SHA-256", Row::sha256));

        private final Terminal terminal;

        @Option(names = "--dir", required = true, paramLabel = "DIR", description = "Where the authority lives.")
        private Path folder = Path.of("");

        @Option(
                names = {"-o", "--output"},
                paramLabel = "FORMAT",
                description = "table, wide, json or yaml.")
        private OutputFormat format = OutputFormat.TABLE;

        ListCommand(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            try {
                CertificateAuthority authority = CertificateAuthority.open(folder);
                Instant now = Instant.now();
                List<Row> rows = new ArrayList<>();
                rows.add(Row.of("(ca)", authority.notAfter(), List.of(), "", authority.fingerprint(), now));
                authority.nodes().forEach(node -> rows.add(Row.of(node, now)));
                Output output = new Output(terminal.out(), format);
                output.many(rows, Table.of(rows, output.wide(), COLUMNS));
                return ExitCode.OK;
            } catch (PkiException refused) {
                throw failure(refused);
            }
        }
    }
}
