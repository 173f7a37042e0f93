package io.portcullis.cli;

import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantView;
import io.portcullis.pki.ClientTrust;
import io.portcullis.pki.PkiException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every command has: where the cluster is, which tenant, how to print. */
final class Session implements AutoCloseable {
    /** Whose policies come before those of all tenants; is meant only if it is named. */
    private static final String PROVIDER = "provider";

    static final String DEFAULT_URL = "http://127.0.0.1:7300";
    static final String DEFAULT_TOKEN_FILE = "~/.portcullis/token";

    private final Terminal terminal;
    private @Nullable PortcullisClient client;

    @Option(
            names = {"--url"},
            paramLabel = "URL",
            description = "Admin endpoint of any node (PORTCULLIS_URL, default " + DEFAULT_URL + ").")
    private @Nullable String url;

    @Option(
            names = {"--token-file"},
            paramLabel = "FILE",
            description = "File with the token (PORTCULLIS_TOKEN_FILE, default " + DEFAULT_TOKEN_FILE + ").")
    private @Nullable String tokenFile;

    @Option(
            names = {"--ca"},
            paramLabel = "FILE",
            description = "For https: certificates of whom to trust (PORTCULLIS_CA, default those of the JDK).")
    private @Nullable String authorities;

    @Option(
            names = {"-t", "--tenant"},
            paramLabel = "TENANT",
            description = "Tenant (PORTCULLIS_TENANT, or the only one there is).")
    private @Nullable String tenant;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "table, wide, json or yaml.")
    private @Nullable OutputFormat output;

    Session(Terminal terminal) {
        this.terminal = terminal;
    }

    Terminal terminal() {
        return terminal;
    }

    Output output() {
        return output(OutputFormat.TABLE);
    }

    Output output(OutputFormat otherwise) {
        return new Output(terminal.out(), output == null ? otherwise : output);
    }

    PortcullisClient client() {
        if (client == null) {
            client = PortcullisClient.connect(uri(), token(), trust());
        }
        return client;
    }

    private URI uri() {
        String text = firstOf(url, "PORTCULLIS_URL", DEFAULT_URL);
        try {
            URI uri = URI.create(text.contains("://") ? text : "http://" + text);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (IllegalArgumentException malformed) {
            // Refused below, like one without a host.
        }
        throw new CommandFailure(
                ExitCode.USAGE, "'" + text + "' is no address of an endpoint", "write it like " + DEFAULT_URL);
    }

    private @Nullable SSLContext trust() {
        String file = firstOf(authorities, "PORTCULLIS_CA", "");
        try {
            return file.isEmpty() ? null : ClientTrust.inAuthoritiesOf(path(file));
        } catch (PkiException unusable) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(unusable.getMessage()), unusable.hint());
        }
    }

    private Path path(String text) {
        String home = terminal.environment().getOrDefault("HOME", ".");
        return Path.of(text.startsWith("~/") ? home + text.substring(1) : text);
    }

    private String token() {
        Path file = path(firstOf(tokenFile, "PORTCULLIS_TOKEN_FILE", DEFAULT_TOKEN_FILE));
        try {
            String token = Files.readString(file).strip();
            if (token.matches("[\\x21-\\x7e]+")) {
                return token;
            }
            throw new CommandFailure(ExitCode.USAGE, "there is no token in " + file, "give the token file of a node");
        } catch (IOException unreadable) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "the token file " + file + " cannot be read ("
                            + unreadable.getClass().getSimpleName() + ")",
                    "give the token file of a node with --token-file or PORTCULLIS_TOKEN_FILE");
        }
    }

    private String firstOf(@Nullable String option, String variable, String otherwise) {
        if (option != null) {
            return option;
        }
        String value = terminal.environment().get(variable);
        return value == null || value.isBlank() ? otherwise : value;
    }

    /** The tenant that was named, or the only one there is. */
    String tenant() {
        String named = namedTenant();
        if (named != null) {
            return named;
        }
        List<TenantView> tenants = client().tenants().stream()
                .filter(view -> !view.name().equals(PROVIDER))
                .toList();
        if (tenants.size() == 1) {
            return tenants.getFirst().name();
        }
        String names = tenants.stream().map(TenantView::name).collect(Collectors.joining(", "));
        throw new CommandFailure(
                ExitCode.USAGE,
                tenants.isEmpty() ? "there is no tenant yet" : "there are several tenants: " + names,
                tenants.isEmpty()
                        ? "make one: portcullis apply -f FILE --tenant NAME --create-tenant"
                        : "choose one with --tenant or PORTCULLIS_TENANT");
    }

    @Nullable
    String namedTenant() {
        String named = firstOf(tenant, "PORTCULLIS_TENANT", "");
        return named.isEmpty() ? null : named;
    }

    /** A VM given as {@code web-1} or {@code acme/web-1}. */
    VmName vm(String text) {
        int slash = text.indexOf('/');
        return slash < 0 ? new VmName(tenant(), text) : new VmName(text.substring(0, slash), text.substring(slash + 1));
    }

    /** A VM with its tenant. */
    record VmName(String tenant, String name) {
        @Override
        public String toString() {
            return tenant + "/" + name;
        }
    }

    /** Progress, for people; not part of the result. */
    void say(String line) {
        terminal.err().println(line);
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
    }
}
