package io.portcullis.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.portcullis.api.ApiException;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.Json;
import io.portcullis.api.Metadata;
import io.portcullis.api.Problem;
import io.portcullis.api.Resource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** The files of a command that takes documents. */
final class DocumentFiles {
    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "FILE",
            description = "YAML or JSON; - for standard input. May be given several times.")
    private List<String> files = new ArrayList<>();

    /** Number of the first line of each file in the text that is sent, to the file. */
    private final NavigableMap<Integer, String> firstLines = new TreeMap<>();

    /** A document that no file has. */
    static String text(String kind, String name, Record spec) {
        try {
            return Json.mapper().writeValueAsString(new Resource<>(kind, new Metadata(name), spec));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Sends the text of all files together; the lines of a refusal are those of the file. */
    <R> R send(Terminal terminal, Function<String, R> request) {
        String text = text(terminal);
        try {
            return request.apply(text);
        } catch (ApiException refused) {
            throw files.size() == 1 ? refused : inItsFile(refused);
        }
    }

    /** The lines of the answer count through all files; people count in each. */
    private ApiException inItsFile(ApiException refused) {
        Problem problem = refused.problem();
        List<FieldProblem> problems = new ArrayList<>();
        for (FieldProblem each : problem.problems()) {
            Integer line = each.line();
            Map.Entry<Integer, String> file = line == null ? null : firstLines.floorEntry(line);
            problems.add(
                    line == null || file == null
                            ? each
                            : new FieldProblem(
                                    "(" + file.getValue() + ") " + each.path(),
                                    each.message(),
                                    each.hint(),
                                    line - file.getKey() + 1,
                                    each.column()));
        }
        return new ApiException(new Problem(
                problem.type(),
                problem.title(),
                problem.status(),
                problem.detail(),
                problem.code(),
                problem.hint(),
                problems));
    }

    private String text(Terminal terminal) {
        StringBuilder text = new StringBuilder();
        for (String file : files) {
            try {
                byte[] bytes = file.equals("-") ? terminal.in().readAllBytes() : Files.readAllBytes(Path.of(file));
                text.append(text.isEmpty() ? "" : "\n---\n");
                firstLines.put(1 + (int) text.chars().filter(c -> c == '\n').count(), file);
                text.append(new String(bytes, StandardCharsets.UTF_8));
            } catch (IOException unreadable) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "the file " + file + " cannot be read ("
                                + unreadable.getClass().getSimpleName() + ")",
                        null);
            }
        }
        return text.toString();
    }
}
