package io.portcullis.demo;

import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.vm.VmSockets.TcpConnection;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The same with tools that everybody knows, run inside the VMs. Only where a VM is a namespace; a tool that is missing is said. */
final class ToolsAct {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int IPERF_SECONDS = 2;
    private static final Pattern RECEIVER_RATE = Pattern.compile("([0-9.]+) ([GM])bits/sec.*receiver");
    private static final byte[] RESPONSE =
            "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n".getBytes(StandardCharsets.US_ASCII);

    private final Checks checks;
    private final LabVm database;
    private final LabVm web;
    private final LabVm consumer;

    ToolsAct(Session session, Checks checks) {
        this.checks = checks;
        this.database = session.tenant().vm("db-1");
        this.web = session.tenant().vm("web-1");
        this.consumer = session.tenant().vm("client-1");
    }

    void play() {
        if (web.shell().isEmpty()) {
            return;
        }
        checks.heading("Ordinary tools:");
        withTool("curl", "curl: client-1 to web-1", this::curl);
        withTool("nc", "nc: client-1 to db-1 is dropped", this::netcat);
        withTool("iperf3", "iperf3: client-1 to web-1", this::iperf);
    }

    private interface Body {
        Check run(String name) throws Exception;
    }

    private void withTool(String tool, String name, Body body) {
        boolean isInstalled = Stream.of("/usr/bin", "/bin", "/usr/local/bin")
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
        if (isInstalled) {
            checks.run(name, () -> body.run(name));
        } else {
            checks.add(Check.of(name, true, "skipped: " + tool + " is not installed"));
        }
    }

    private Check curl(String name) throws IOException, InterruptedException {
        InetSocketAddress address = new InetSocketAddress(web.address(false), 80);
        try (TcpListener listener = web.sockets().listen(address)) {
            Process curl = start(
                    consumer,
                    "curl -sS --max-time 5 http://" + web.address(false).getHostAddress() + "/");
            TcpConnection connection = listener.accept(LIMIT);
            if (connection != null) {
                connection.read(new byte[4_096], LIMIT);
                connection.write(RESPONSE);
                connection.close();
            }
            String output = output(curl);
            return Check.of(name, output.equals("hello\n"), "answer: " + output.strip());
        }
    }

    private Check netcat(String name) throws IOException, InterruptedException {
        Process netcat = start(consumer, "nc -z -w 1 " + database.address(false).getHostAddress() + " 5432");
        output(netcat);
        return Check.of(name, netcat.exitValue() != 0, "exit status " + netcat.exitValue());
    }

    private Check iperf(String name) throws IOException, InterruptedException {
        Process server = start(web, "iperf3 --server --one-off --forceflush");
        try {
            // The server says when it listens.
            String line = server.inputReader().readLine();
            while (line != null && !line.contains("listening")) {
                line = server.inputReader().readLine();
            }
            String report = output(start(
                    consumer, "iperf3 --client " + web.address(false).getHostAddress() + " --time " + IPERF_SECONDS));
            Matcher rate = RECEIVER_RATE.matcher(report);
            boolean found = rate.find();
            return Check.of(
                    name, found, found ? rate.group(1) + " " + rate.group(2) + "bit/s, host to host" : report.strip());
        } finally {
            server.destroy();
            server.waitFor();
        }
    }

    private static Process start(LabVm vm, String command) throws IOException {
        List<String> words = new ArrayList<>(Arrays.asList(vm.shell().split(" ", -1)));
        words.addAll(Arrays.asList(command.split(" ", -1)));
        return new ProcessBuilder(words).redirectErrorStream(true).start();
    }

    private static String output(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
        }
        return output;
    }
}
