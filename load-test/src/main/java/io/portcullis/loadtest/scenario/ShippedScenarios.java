package io.portcullis.loadtest.scenario;

import io.portcullis.api.document.InvalidDocumentException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The scenarios that come with the product, and those of files. */
public final class ShippedScenarios {
    public static final List<String> NAMES = List.of(
            "steady", "ping-pong", "controls", "million", "evacuate", "hundred", "storm", "revoke", "chaos", "soak");

    private ShippedScenarios() {}

    /** One of {@link #NAMES}, or else of the file of that name. */
    public static Scenario find(String nameOrFile) throws IOException, InvalidDocumentException {
        if (NAMES.contains(nameOrFile)) {
            return ScenarioReader.read(text(nameOrFile));
        }
        try {
            return ScenarioReader.read(Files.readAllBytes(Path.of(nameOrFile)));
        } catch (NoSuchFileException none) {
            throw new IOException(
                    "there is no scenario or file '" + nameOrFile + "'; scenarios that come with the product are "
                            + String.join(", ", NAMES),
                    none);
        }
    }

    /** The text of one of {@link #NAMES}, to begin one's own with. */
    public static byte[] text(String name) {
        try (InputStream resource = ShippedScenarios.class.getResourceAsStream(name + ".yaml")) {
            if (resource == null) {
                throw new IllegalArgumentException("no scenario " + name);
            }
            return resource.readAllBytes();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
