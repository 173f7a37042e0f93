package io.portcullis.demo;

import io.portcullis.loadtest.traffic.TrafficResult;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** Collects the checks of a run and shows each as it comes. One thread. */
final class Checks {
    private final List<Check> checks = new ArrayList<>();
    private final PrintStream progress;

    Checks(PrintStream progress) {
        this.progress = progress;
    }

    void add(Check check) {
        checks.add(check);
        progress.println("  " + line(check));
    }

    /** Adds what {@code body} finds; an exception is a failed check, and the scenario goes on. */
    void run(String name, Callable<Check> body) {
        try {
            add(body.call());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            add(Check.of(name, false, "interrupted"));
        } catch (Exception e) {
            add(Check.of(name, false, e.toString()));
        }
    }

    void heading(String text) {
        progress.println(text);
    }

    List<Check> all() {
        return List.copyOf(checks);
    }

    boolean isAllOk() {
        return !checks.isEmpty() && checks.stream().allMatch(Check::ok);
    }

    void printTable(PrintStream out) {
        int width =
                checks.stream().mapToInt(check -> check.name().length()).max().orElse(0);
        out.printf(
                "%n%-" + width + "s  %-4s %10s %10s %6s %6s %6s %6s  %s%n",
                "CHECK",
                "OK",
                "SENT",
                "RECEIVED",
                "LOST",
                "DUPL",
                "REORD",
                "RESET",
                "DETAIL");
        for (Check check : checks) {
            TrafficResult counted = check.counted();
            String numbers = counted == null
                    ? " ".repeat(49)
                    : String.format(
                            "%10d %10d %6d %6d %6d %6d",
                            counted.sent(),
                            counted.received(),
                            counted.lost(),
                            counted.duplicated(),
                            counted.reordered(),
                            counted.reset());
            out.printf(
                    "%-" + width + "s  %-4s %s  %s%n",
                    check.name(),
                    check.ok() ? "yes" : "NO",
                    numbers,
                    check.detail());
        }
    }

    private static String line(Check check) {
        return (check.ok() ? "ok      " : "FAILED  ")
                + check.name()
                + (check.detail().isEmpty() ? "" : ": " + check.detail());
    }
}
