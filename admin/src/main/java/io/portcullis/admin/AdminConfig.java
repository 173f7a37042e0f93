package io.portcullis.admin;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Settings of the admin endpoint.
 *
 * @param host address to bind to; loopback unless configured
 * @param port 0 for any that is free
 * @param auditFile gets a line for each request that is to change something
 * @param askTimeout longest wait for an actor's answer
 */
public record AdminConfig(String host, int port, Path tokenFile, Path auditFile, Duration askTimeout) {
    private static final Duration DEFAULT_ASK_TIMEOUT = Duration.ofSeconds(10);

    /** From {@code portcullis.admin}: host, port, token-file, audit-file, and ask-timeout if there is one. */
    public static AdminConfig from(Config admin) {
        return new AdminConfig(
                admin.getString("host"),
                admin.getInt("port"),
                Path.of(admin.getString("token-file")),
                Path.of(admin.getString("audit-file")),
                admin.hasPath("ask-timeout") ? admin.getDuration("ask-timeout") : DEFAULT_ASK_TIMEOUT);
    }
}
