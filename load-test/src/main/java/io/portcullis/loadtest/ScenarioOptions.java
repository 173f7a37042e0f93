package io.portcullis.loadtest;

import io.portcullis.api.ApiException;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.NotReachableException;
import io.portcullis.api.document.InvalidDocumentException;
import io.portcullis.loadtest.lab.KernelLab;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.report.ReportFiles;
import io.portcullis.loadtest.report.RunReport;
import io.portcullis.loadtest.run.ScenarioRun;
import io.portcullis.loadtest.scenario.Scenario;
import io.portcullis.loadtest.scenario.ShippedScenarios;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of {@code portcullis load-test} that run a scenario on hosts of its own. */
final class ScenarioOptions {
    private static final int MAX_PORT = 65_000;
    private static final int MAX_MOVES = 1_000_000;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private picocli.CommandLine.Model.CommandSpec spec;

    @Option(
            names = "--scenario",
            paramLabel = "NAME|FILE",
            description =
                    "Run a scenario on hosts of its own instead, on this machine, without root unless --ports says"
                        + " otherwise: steady, ping-pong, controls, million, evacuate, hundred, storm, revoke, chaos,"
                        + " soak, or one of a file (docs/load-test.md).")
    private @Nullable String scenario;

    @Option(
            names = "--report",
            paramLabel = "DIR",
            description = "Folder for report.json and other files of a scenario's run.")
    private @Nullable Path report;

    @Option(names = "--seed", paramLabel = "N", description = "Of what is drawn. Default: another one each time.")
    private @Nullable Long seed;

    @Option(
            names = "--scale",
            paramLabel = "FACTOR",
            defaultValue = "1",
            description = "Times which VMs, connections, rates and repetitions of a scenario are taken. Default:"
                    + " ${DEFAULT-VALUE}.")
    private double scale;

    @Option(
            names = "--pace",
            paramLabel = "FACTOR",
            defaultValue = "1",
            description =
                    "Times which only the rates of a scenario are taken, beside --scale. Default: ${DEFAULT-VALUE}.")
    private double pace;

    @Option(
            names = "--moves",
            paramLabel = "N",
            description = "Of each repeated migration of a scenario, instead of what it says.")
    private @Nullable Integer moves;

    /** What a scenario's hosts and VMs are connected by. */
    private enum Ports {
        MEMORY,
        KERNEL
    }

    @Option(
            names = "--ports",
            paramLabel = "KIND",
            defaultValue = "memory",
            description = "Of a scenario: memory, or kernel for TAP devices in network namespaces and a bridge between"
                    + " the hosts, as root. Default: ${DEFAULT-VALUE}.")
    private Ports ports = Ports.MEMORY;

    @Option(
            names = "--compare",
            paramLabel = "FILE",
            description = "report.json of another run of a scenario, to be put beside this one.")
    private @Nullable Path compare;

    @Option(
            names = "--port-base",
            paramLabel = "PORT",
            defaultValue = "7700",
            description = "Of a scenario: ten ports for each host from here on. Default: ${DEFAULT-VALUE}.")
    private int portBase;

    /** Whether a scenario is to be run. */
    boolean isGiven() {
        return scenario != null;
    }

    /** Runs it; the exit status. */
    int run(boolean json, PrintStream out, PrintStream progress) throws InterruptedException {
        check("--port-base", portBase >= 1_024 && portBase <= MAX_PORT, "1024 to " + MAX_PORT);
        check("--scale", scale > 0 && scale <= 1_000, "above 0 to 1000");
        check("--pace", pace > 0 && pace <= 1_000, "above 0 to 1000");
        check("--moves", moves == null || (moves >= 1 && moves <= MAX_MOVES), "1 to " + MAX_MOVES);
        if (ports == Ports.KERNEL && !KernelLab.isPossible()) {
            progress.println(
                    "portcullis load-test: --ports kernel takes root on Linux, ip (iproute2) and /dev/net/tun");
            return Main.CANNOT_RUN;
        }
        long drawn = seed == null ? new Random().nextInt(Integer.MAX_VALUE) : seed;
        try {
            Scenario read = ShippedScenarios.find(String.valueOf(scenario))
                    .scaled(scale)
                    .atRate(pace);
            Scenario wanted = moves == null ? read : read.moving(moves);
            RunReport other = compare == null ? null : readReport(compare);
            Path logs = report == null ? null : report.resolve("hosts");
            ScenarioRun run = switch (ports) {
                case MEMORY -> new ScenarioRun(wanted, scale, drawn, MemoryLab::create, portBase, progress, logs);
                case KERNEL ->
                    new ScenarioRun(wanted.onKernelPorts(), scale, drawn, KernelLab::create, portBase, progress, logs);
            };
            RunReport result = run.run();
            if (report != null) {
                ReportFiles.write(report, result, other);
                progress.println("the report is in " + report.toAbsolutePath());
            }
            if (other != null && !json) {
                out.println(ReportFiles.comparison(other, result));
            }
            out.println(json ? ReportFiles.json(result) : ReportFiles.table(result));
            return result.isKept() ? 0 : 1;
        } catch (InvalidDocumentException wrong) {
            progress.println("portcullis load-test: " + scenario + " is no scenario:");
            wrong.problems().forEach(problem -> progress.println("  " + text(problem)));
            return Main.CANNOT_RUN;
        } catch (IOException | TimeoutException | ApiException | NotReachableException e) {
            progress.println("portcullis load-test: " + e.getMessage());
            return Main.CANNOT_RUN;
        }
    }

    private static RunReport readReport(Path file) throws IOException {
        try {
            return ReportFiles.read(file);
        } catch (IOException unusable) {
            throw new IOException(
                    "there is no report of a scenario in " + file + ": " + unusable.getMessage(), unusable);
        }
    }

    private static String text(FieldProblem problem) {
        String place = problem.line() == null ? "" : "line " + problem.line() + ", ";
        return place + problem.path() + ": " + problem.message()
                + (problem.hint() == null ? "" : " (" + problem.hint() + ")");
    }

    private void check(String option, boolean isGood, String range) {
        if (!isGood) {
            throw new ParameterException(spec.commandLine(), option + " must be from " + range);
        }
    }
}
