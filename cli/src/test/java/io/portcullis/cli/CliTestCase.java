package io.portcullis.cli;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Runs commands against a stub of the API that has one tenant. */
abstract class CliTestCase {
    static final String TENANTS = """
        {"items": [{"name": "acme", "defaultAction": "DROP", "tracking": "strict", "revision": 7, "vms": 2, "groups": 1, "policies": 1}]}
        """;

    @TempDir
    Path folder;

    StubCluster cluster;
    final StringWriter out = new StringWriter();
    final StringWriter err = new StringWriter();
    final Map<String, String> environment = new HashMap<>();
    String input = "";

    @BeforeEach
    void start() throws Exception {
        cluster = new StubCluster().on("GET /v1/tenants", 200, TENANTS);
        Files.writeString(folder.resolve("token"), "secret-token\n");
        environment.put("PORTCULLIS_URL", cluster.url());
        environment.put("PORTCULLIS_TOKEN_FILE", folder.resolve("token").toString());
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    int run(String... args) {
        return Main.run(
                new Terminal(
                        new PrintWriter(out),
                        new PrintWriter(err),
                        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                        environment),
                args);
    }
}
