package io.portcullis.replay;

import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.ports.pcap.PcapFrame;
import io.portcullis.ports.pcap.PcapReader;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code portcullis replay}. */
@Command(
        name = "portcullis replay",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs a capture file (pcap or pcapng) through the firewall's engine and says for each packet what it"
                    + " decides and where the packet stands with its connection.",
            ""
        },
        footer = {
            "",
            "Link types: Ethernet, raw IP, BSD loop-back, Linux cooked 1 and 2. Packets of other ones have the state"
                    + " NONE, as has all that is not IP.",
            "",
            "Exit status: 0 done, 2 wrong usage or a file that cannot be read to its end.",
            "",
            "Examples:",
            "  portcullis replay --pcap trace.pcapng",
            "  portcullis replay --pcap trace.pcap --tracking loose --ignore-time --json",
            "  portcullis replay --pcap trace.pcap --policy tenant.yaml --inside 10.20.0.0/16,fd20::/64",
            "  portcullis replay --pcap trace.pcap --policy tenant.yaml --vnic web-1/eth0",
        })
public final class Main implements Callable<Integer> {
    private static final int HELP_WIDTH = 110;

    /** Whether a TCP connection may be picked up in its middle. */
    enum Tracking {
        strict,
        loose
    }

    /** Application-level gateway. */
    enum Alg {
        ftp
    }

    private final PrintWriter out;
    private final PrintWriter err;

    @Option(names = "--pcap", required = true, paramLabel = "FILE", description = "The capture file.")
    private Path pcap = Path.of("");

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description =
                    "Documents as for 'portcullis apply': their policies decide. May be given several times. Default:"
                            + " all is allowed and only tracked.")
    private List<Path> policies = new ArrayList<>();

    @Option(
            names = "--vnic",
            paramLabel = "VM/NIC",
            description = "Enforce as this vNIC of the policy's, with its addresses inside. Default: all rules, on all"
                    + " packets.")
    private @Nullable String vnic;

    @Option(
            names = "--default",
            paramLabel = "ACTION",
            defaultValue = "DROP",
            description = "Where no rule of the policy matches: ALLOW, DROP or REJECT. Default: ${DEFAULT-VALUE}.")
    private Action defaultAction = Action.DROP;

    @Option(
            names = "--inside",
            paramLabel = "CIDR,…",
            description = "Addresses behind the firewall: what they send goes OUT, all else comes IN.")
    private @Nullable String inside;

    @Option(
            names = "--tracking",
            paramLabel = "strict|loose",
            description = "Whether a TCP connection may begin in its middle (loose). Default: strict.")
    private @Nullable Tracking tracking;

    @Option(
            names = "--ignore-time",
            description = "No time passes between packets. Default: the times of the capture drive all time-outs.")
    private boolean ignoresTime;

    @Option(
            names = "--timeouts",
            paramLabel = "linux|nsx",
            defaultValue = "LINUX",
            description = "Whose default time-outs: an idle TCP connection lives 5 days or 12 hours. Default: linux.")
    private TimeoutPreset timeouts = TimeoutPreset.LINUX;

    @Option(
            names = "--ignore-checksums",
            description = "Trust checksums, as of a capture from a machine whose network card computes them.")
    private boolean ignoresChecksums;

    @Option(
            names = "--alg",
            paramLabel = "ftp",
            description =
                    "Let FTP control connections (port 21) open the way for the data connections that they announce.")
    private @Nullable Alg alg;

    @Option(names = "--json", description = "One JSON object a line for each packet.")
    private boolean json;

    Main(PrintWriter out, PrintWriter err) {
        this.out = out;
        this.err = err;
    }

    public static void main(String[] arguments) {
        System.exit(run(writer(FileDescriptor.out), writer(FileDescriptor.err), arguments));
    }

    /** Runs the command; answers its exit status. */
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        int status = new CommandLine(new Main(out, err))
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(HELP_WIDTH)
                .execute(arguments);
        out.flush();
        err.flush();
        return status;
    }

    private static PrintWriter writer(FileDescriptor descriptor) {
        return new PrintWriter(new BufferedWriter(
                new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), 1 << 16));
    }

    @Override
    public Integer call() {
        try {
            return replay(settings());
        } catch (IllegalArgumentException mistake) {
            return refuse(String.valueOf(mistake.getMessage()));
        }
    }

    private ReplaySettings settings() {
        boolean isLoose = tracking == Tracking.loose;
        Inside behind = inside == null ? Inside.NOTHING : Inside.parse(inside);
        RuleTable table = ReplaySettings.allowingAll(isLoose, timeouts);
        if (defaultAction == Action.PASS) {
            throw new IllegalArgumentException("--default cannot be PASS: nothing comes after it");
        }
        if (!policies.isEmpty()) {
            PolicyFiles files = PolicyFiles.read(policies, new ModelEdit.SetDefaults(defaultAction, isLoose, timeouts));
            table = files.table(vnic);
            if (vnic == null && files.hasAppliedTo()) {
                err.println("portcullis replay: some rules are applied to groups; without --vnic they are tried on all"
                        + " packets");
            }
            if (vnic != null && inside == null) {
                behind = Inside.of(files.vnic(vnic).addresses());
            }
        } else if (vnic != null) {
            throw new IllegalArgumentException("--vnic needs a --policy that has it");
        }
        ReplaySettings settings = new ReplaySettings(
                table,
                !policies.isEmpty(),
                behind,
                ignoresTime,
                !ignoresChecksums,
                ReplaySettings.DEFAULT_MAX_CONNECTIONS);
        return alg == Alg.ftp ? settings.withFtpHelper(true) : settings;
    }

    private int replay(ReplaySettings settings) {
        if (!Files.exists(pcap) || Files.isDirectory(pcap)) {
            return refuse("there is no file " + pcap);
        }
        OutcomeFormat format = json ? new JsonLines() : new TableLines();
        try (PcapReader reader = PcapReader.openAnyLinkType(pcap);
                Replay replay = new Replay(settings)) {
            format.begin(out);
            for (PcapFrame frame = reader.next(); frame != null; frame = reader.next()) {
                format.packet(out, replay.next(frame), replay.lastPacket());
            }
            format.end(out);
            replay.foreignLinkTypes()
                    .forEach((type, packets) -> err.printf(
                            "portcullis replay: %d packets have link type %d, in which no IP is looked for; capture on"
                                    + " an Ethernet device, or convert the file%n",
                            packets, type));
            return CommandLine.ExitCode.OK;
        } catch (IOException unreadable) {
            return refuse(String.valueOf(unreadable.getMessage()));
        }
    }

    private int refuse(String why) {
        out.flush();
        err.println("portcullis replay: " + why);
        return CommandLine.ExitCode.USAGE;
    }
}
