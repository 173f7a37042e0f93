package io.portcullis.policy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressLiteralTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.1, 10.0.0.1",
        "10.0.0.1/32, 10.0.0.1",
        "10.0.0.0/8, 10.0.0.0/8",
        "0.0.0.0/0, 0.0.0.0/0",
        "10.0.0.0-10.0.0.255, 10.0.0.0/24",
        "10.0.0.1 - 10.0.0.9, 10.0.0.1-10.0.0.9",
        "2001:DB8:0::1, 2001:db8::1",
        "2001:db8::/32, 2001:db8::/32",
        "::/0, ::/0",
        "fe80::1-fe80::5, fe80::1-fe80::5",
        "::ffff:10.0.0.1, ::ffff:a00:1",
    })
    void shouldReadAndWriteTheShortestForm(String text, String shortest) {
        assertThat(AddressLiteral.parse(text)).hasToString(shortest);
        assertThat(AddressLiteral.parse(shortest)).isEqualTo(AddressLiteral.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "10",
                "10.1",
                "10.0.0.*",
                "10.0.0.256",
                "010.0.0.1",
                "0x0a.0.0.1",
                "10.0.0.0/33",
                "10.0.0.0/255.0.0.0",
                "/8",
                "2001:db8::1%eth0",
                "2001:db8::/129",
                "example.org",
                "10.0.0.9-10.0.0.1",
                "10.0.0.0/24-10.0.1.0/24",
                "10.0.0.1-2001:db8::1",
                "10.0.0.1-",
                "1-2",
            })
    void shouldRefuseWhatIsNoAddress(String text) {
        assertThatThrownBy(() -> AddressLiteral.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("names no addresses");
    }

    @Test
    void shouldSayWhatWasProbablyMeant() {
        assertThatThrownBy(() -> AddressLiteral.parse("10.0.0.5/8"))
                .hasMessageContaining("write 10.0.0.0/8 or 10.0.0.5");
    }
}
