package io.portcullis.loadtest;

import io.portcullis.api.ApiException;
import io.portcullis.api.NotReachableException;
import io.portcullis.api.PortcullisClient;
import io.portcullis.loadtest.lab.KernelLab;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code portcullis load-test}. */
@Command(
        name = "portcullis load-test",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Drives connections and migrations against a running cluster and reports losses and pauses.",
            "Makes a tenant and two VMs of its own (network namespaces, so it needs root on the hosts' machine) and"
                    + " removes them.",
            "With --scenario it starts hosts of its own, plays a scenario on them, checks every frame, and writes a"
                    + " report.",
            ""
        },
        footer = {
            "",
            "Exit status: 0 nothing was lost, 1 something was, or a scenario expected otherwise, 2 wrong usage, 3 the"
                    + " test cannot run here (the reason is said).",
            "",
            "  portcullis load-test --seconds 60 --connections 200 --interval 500",
            "  portcullis load-test --scenario ping-pong --moves 200 --report /tmp/report",
        })
public final class Main implements Callable<Integer> {
    static final int CANNOT_RUN = 3;

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:PORTCULLIS_URL:-http://127.0.0.1:7300}",
            description = "A node's API (PORTCULLIS_URL). Default: ${DEFAULT-VALUE}.")
    private URI url = URI.create("http://127.0.0.1:7300");

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            defaultValue = "${env:PORTCULLIS_TOKEN_FILE:-${sys:user.home}/.portcullis/token}",
            description = "Holds the bearer token (PORTCULLIS_TOKEN_FILE). Default: ${DEFAULT-VALUE}.")
    private Path tokenFile = Path.of(".portcullis", "token");

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "30",
            description = "How long. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "50",
            description = "Long TCP connections with numbered data. Default: ${DEFAULT-VALUE}.")
    private int connections;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "100",
            description = "Short TCP connections a second, opened and closed. Default: ${DEFAULT-VALUE}.")
    private int shortPerSecond;

    @Option(
            names = "--datagrams",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Numbered UDP datagrams a second, answered. Default: ${DEFAULT-VALUE}.")
    private int datagramsPerSecond;

    @Option(
            names = "--interval",
            paramLabel = "MS",
            defaultValue = "1000",
            description = "Milliseconds between two migrations; 0 for none. Default: ${DEFAULT-VALUE}.")
    private int intervalMillis;

    @Mixin
    private final ScenarioOptions scenario = new ScenarioOptions();

    @Option(names = "--json", description = "Print the result as one JSON object.")
    private boolean json;

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        if (scenario.isGiven()) {
            return scenario.run(json, System.out, System.err);
        }
        if (!KernelLab.isPossible()) {
            System.err.println(
                    "portcullis load-test: the VMs of the test are network namespaces; run as root on Linux, on the"
                            + " machine of the hosts");
            return CANNOT_RUN;
        }
        LoadPlan plan = new LoadPlan(
                Duration.ofSeconds(seconds),
                connections,
                shortPerSecond,
                datagramsPerSecond,
                Duration.ofMillis(intervalMillis));
        try (PortcullisClient connected = PortcullisClient.withTokenFile(url, tokenFile);
                LoadTest test = LoadTest.prepare(connected, KernelLab.create())) {
            LoadReport report = test.run(plan);
            System.out.println(json ? report.json() : report.table());
            return report.isIntact() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (java.nio.file.NoSuchFileException e) {
            System.err.println(
                    "portcullis load-test: there is no token file " + e.getMessage() + "; name it with --token-file");
            return CANNOT_RUN;
        } catch (IOException | TimeoutException | ApiException | NotReachableException e) {
            System.err.println("portcullis load-test: " + e.getMessage());
            return CANNOT_RUN;
        }
    }
}
