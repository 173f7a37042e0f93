package io.portcullis.loadtest;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.portcullis.api.Json;
import io.portcullis.loadtest.traffic.TrafficResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What a load test measured.
 *
 * @param pauseNanos of each migration, from its receipt
 * @param gapNanos longest silence at the UDP receivers around each migration
 * @param connectNanos of each short connection, from SYN to established; late ones count from when they were due
 */
record LoadReport(
        double seconds,
        List<String> hosts,
        int migrations,
        List<String> failedMigrations,
        TrafficResult streams,
        TrafficResult datagrams,
        TrafficResult shortConnections,
        Histogram pauseNanos,
        Histogram gapNanos,
        Histogram connectNanos) {

    boolean isIntact() {
        return streams.isIntact()
                && datagrams.isIntact()
                && shortConnections.reset() == 0
                && shortConnections.lost() == 0
                && failedMigrations.isEmpty();
    }

    String json() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("ok", isIntact());
        report.put("seconds", seconds);
        report.put("hosts", hosts);
        report.put("migrations", migrations);
        report.put("failedMigrations", failedMigrations);
        report.put("streams", streams);
        report.put("datagrams", datagrams);
        report.put("shortConnections", shortConnections);
        report.put("pauseMicros", percentiles(pauseNanos));
        report.put("receiverGapMicros", percentiles(gapNanos));
        report.put("connectMicros", percentiles(connectNanos));
        try {
            return Json.mapper().writeValueAsString(report);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    String table() {
        StringBuilder table = new StringBuilder();
        table.append(String.format(
                "%-20s %12s %12s %6s %6s %6s %6s%n", "FLOW", "SENT", "RECEIVED", "LOST", "DUPL", "REORD", "RESET"));
        row(table, "tcp streams (bytes)", streams);
        row(table, "udp datagrams", datagrams);
        row(table, "short connections", shortConnections);
        table.append(String.format(
                "%n%-20s %8s %10s %10s %10s %10s%n", "MICROSECONDS", "COUNT", "P50", "P99", "P99.9", "MAX"));
        row(table, "migration pause", pauseNanos);
        row(table, "receiver gap", gapNanos);
        row(table, "connect", connectNanos);
        table.append(String.format(
                "%n%s: %d migrations over %s in %.1f s.",
                isIntact() ? "Nothing was lost" : "SOMETHING WAS LOST", migrations, hosts, seconds));
        failedMigrations.forEach(failure ->
                table.append(System.lineSeparator()).append("failed: ").append(failure));
        return table.toString();
    }

    private static void row(StringBuilder table, String name, TrafficResult result) {
        table.append(String.format(
                "%-20s %12d %12d %6d %6d %6d %6d%n",
                name,
                result.sent(),
                result.received(),
                result.lost(),
                result.duplicated(),
                result.reordered(),
                result.reset()));
    }

    private static void row(StringBuilder table, String name, Histogram nanos) {
        table.append(String.format(
                "%-20s %8d %10.1f %10.1f %10.1f %10.1f%n",
                name,
                nanos.getTotalCount(),
                nanos.getValueAtPercentile(50) / 1e3,
                nanos.getValueAtPercentile(99) / 1e3,
                nanos.getValueAtPercentile(99.9) / 1e3,
                nanos.getMaxValue() / 1e3));
    }

    private static Map<String, Object> percentiles(Histogram nanos) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("count", nanos.getTotalCount());
        values.put("p50", nanos.getValueAtPercentile(50) / 1e3);
        values.put("p99", nanos.getValueAtPercentile(99) / 1e3);
        values.put("p999", nanos.getValueAtPercentile(99.9) / 1e3);
        values.put("max", nanos.getMaxValue() / 1e3);
        return values;
    }
}
