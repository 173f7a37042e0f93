package io.portcullis.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.portcullis.api.ApiException;
import io.portcullis.api.Json;
import io.portcullis.api.NotReachableException;
import io.portcullis.loadtest.lab.KernelLab;
import io.portcullis.loadtest.lab.Lab;
import io.portcullis.loadtest.lab.MemoryLab;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code portcullis demo}. */
@Command(
        name = "portcullis demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Starts a cluster of three hosts on this machine, each in a process of its own, with an example tenant.",
            "As root on Linux the VMs are network namespaces with real kernel TCP/IP; otherwise they live on an"
                    + " in-memory switch.",
            ""
        },
        footer = {
            "",
            "Exit status: 0 all checks held, 1 a check failed, 2 wrong usage, 3 the demo cannot run here (the reason"
                    + " is said).",
            "",
            "  portcullis demo                 run until Ctrl-C, with commands to try",
            "  portcullis demo --once --json   the scripted scenario, for machines",
        })
public final class Main implements Callable<Integer> {
    private static final int CANNOT_RUN = 3;

    @Option(names = "--once", description = "Run the scripted scenario, print its result, end.")
    private boolean once;

    @Option(names = "--json", description = "With --once: print the result as one JSON object.")
    private boolean json;

    @Option(names = "--memory", description = "Use the in-memory switch even as root.")
    private boolean memory;

    @Option(
            names = "--port-base",
            paramLabel = "PORT",
            defaultValue = "7400",
            description = "First of 40 loopback ports for the hosts. Default: ${DEFAULT-VALUE}.")
    private int portBase;

    @Option(
            names = "--migrations",
            paramLabel = "N",
            defaultValue = "6",
            description = "Migrations of web-1 in the scenario. Default: ${DEFAULT-VALUE}.")
    private int migrations;

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        PrintStream progress = json ? System.err : System.out;
        try (Session session = Session.open(lab(progress), portBase)) {
            session.start(progress);
            if (!once) {
                session.runUntilInterrupted(progress);
                return CommandLine.ExitCode.OK;
            }
            Checks checks = new Checks(progress);
            long start = System.nanoTime();
            new Scenario(session, checks, migrations).run();
            report(session.lab(), checks, (System.nanoTime() - start) / 1e9);
            return checks.isAllOk() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (IOException | TimeoutException | ApiException | NotReachableException e) {
            System.err.println("portcullis demo: " + e.getMessage());
            return CANNOT_RUN;
        }
    }

    private Lab lab(PrintStream progress) throws IOException {
        if (!memory && KernelLab.isPossible()) {
            return KernelLab.create();
        }
        progress.println(
                memory
                        ? "In-memory switch, as asked."
                        : "Not root on Linux with TAP devices: the scenario runs on the in-memory switch with"
                                + " generated TCP.");
        return MemoryLab.create();
    }

    private void report(Lab lab, Checks checks, double seconds) {
        if (!json) {
            checks.printTable(System.out);
            System.out.printf(
                    "%n%s in %.1f s on %s.%n",
                    checks.isAllOk() ? "Every check held" : "NOT every check held", seconds, lab.description());
            return;
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("ok", checks.isAllOk());
        result.put("backend", lab.backend());
        result.put("seconds", Math.round(seconds * 10) / 10.0);
        result.put("migrations", migrations);
        result.put("checks", checks.all());
        try {
            System.out.println(Json.mapper().writeValueAsString(result));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
