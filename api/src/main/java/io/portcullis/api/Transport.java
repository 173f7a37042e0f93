package io.portcullis.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.type.TypeFactory;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Sends requests and reads answers; knows HTTP, but not what is asked. Thread-safe. */
final class Transport implements AutoCloseable {
    /** Longest wait for a connection. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    /** Longest wait for an answer; the cluster's own deadlines are shorter. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
    /** By how much longer for each MiB of documents that are sent. */
    private static final Duration TIMEOUT_PER_MEBIBYTE = Duration.ofSeconds(2);
    /** Longest wait for documents of a tenant, which may be all. */
    static final Duration EXPORT_TIMEOUT = Duration.ofMinutes(3);

    private final URI base;
    private final String token;
    private final HttpClient http;

    /** @param trust for {@code https}: whom to believe; null for the authorities of the JDK */
    Transport(URI base, String token, @Nullable SSLContext trust) {
        this.base = base;
        this.token = token;
        HttpClient.Builder client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIMEOUT);
        this.http = (trust == null ? client : client.sslContext(trust)).build();
    }

    URI base() {
        return base;
    }

    HttpRequest.Builder request(String... segments) {
        return requestTo(path(segments));
    }

    HttpRequest.Builder requestTo(String path) {
        return HttpRequest.newBuilder(base.resolve(path))
                .timeout(REQUEST_TIMEOUT)
                .header("Authorization", "Bearer " + token)
                .header("Accept", "application/json, " + Problem.MEDIA_TYPE);
    }

    /** A POST of documents as people write them; the wait is longer for many. */
    HttpRequest.Builder documents(String path, String yaml) {
        return requestTo(path)
                .timeout(REQUEST_TIMEOUT.plus(TIMEOUT_PER_MEBIBYTE.multipliedBy(yaml.length() >> 20)))
                .header("Content-Type", "application/yaml")
                .POST(HttpRequest.BodyPublishers.ofString(yaml));
    }

    static String path(String... segments) {
        return Arrays.stream(segments).map(Transport::encode).collect(Collectors.joining("/"));
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Names and values in turn; those that are null are left out. */
    static String query(@Nullable Object... pairs) {
        StringBuilder query = new StringBuilder();
        for (int index = 0; index < pairs.length; index += 2) {
            Object value = pairs[index + 1];
            if (value != null) {
                query.append(query.isEmpty() ? '?' : '&')
                        .append(pairs[index])
                        .append('=')
                        .append(encode(value.toString()));
            }
        }
        return query.toString();
    }

    HttpResponse<byte[]> send(HttpRequest request) {
        try {
            HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() >= 400 && !request.uri().getPath().endsWith("/ready")) {
                throw new ApiException(problem(response));
            }
            return response;
        } catch (IOException broken) {
            throw new NotReachableException(base, broken);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new NotReachableException(base, interrupted);
        }
    }

    private static Problem problem(HttpResponse<byte[]> response) {
        String type = response.headers().firstValue("Content-Type").orElse("");
        if (type.startsWith(Problem.MEDIA_TYPE)) {
            try {
                return Json.mapper().readValue(response.body(), Problem.class);
            } catch (IOException malformed) {
                return foreign(response);
            }
        }
        return foreign(response);
    }

    private static Problem foreign(HttpResponse<byte[]> response) {
        String body = text(response).strip();
        String detail = body.isEmpty() ? "no details were sent" : body.substring(0, Math.min(body.length(), 500));
        return new Problem(
                "about:blank", "HTTP " + response.statusCode(), response.statusCode(), detail, "http", null, List.of());
    }

    <T> T parse(HttpResponse<byte[]> response, Shape<T> shape) {
        try {
            return shape.read(response.body());
        } catch (IOException foreign) {
            throw new NotReachableException(base, new IOException("what answers there is no Portcullis", foreign));
        }
    }

    static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    /** The Java type of an answer. */
    record Shape<T>(JavaType type) {
        static <T> Shape<T> of(Class<T> type) {
            return new Shape<>(factory().constructType(type));
        }

        static <T> Shape<ItemList<T>> listOf(Shape<T> item) {
            return new Shape<>(factory().constructParametricType(ItemList.class, item.type()));
        }

        static <S> Shape<Resource<S>> resourceOf(Class<S> spec) {
            return new Shape<>(factory().constructParametricType(Resource.class, spec));
        }

        T read(byte[] body) throws IOException {
            return Json.mapper().readValue(body, type);
        }

        private static TypeFactory factory() {
            return Json.mapper().getTypeFactory();
        }
    }

    static String write(Object body) {
        try {
            return Json.mapper().writeValueAsString(body);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
