package io.portcullis.cluster.multinode;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonAppend;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.VirtualBeanPropertyWriter;
import com.fasterxml.jackson.databind.util.Annotations;
import io.portcullis.persistence.CborSerializable;

/**
 * Makes of a node one of the next minor version of the protocol: every message and every stored event that it writes has a field that this release does
 * not know, and none that it reads has it.
 */
public final class NextMinorModule extends SimpleModule {
    private static final long serialVersionUID = 1L;

    public NextMinorModule() {
        super("next-minor");
        setMixInAnnotation(CborSerializable.class, WithOneMore.class);
    }

    @JsonAppend(props = @JsonAppend.Prop(value = OneMore.class, name = "ofTheNextMinor"))
    private interface WithOneMore {}

    /** The field. */
    public static final class OneMore extends VirtualBeanPropertyWriter {
        private static final long serialVersionUID = 1L;

        public OneMore() {}

        private OneMore(BeanPropertyDefinition definition, Annotations annotations, JavaType type) {
            super(definition, annotations, type);
        }

        @Override
        protected Object value(Object bean, JsonGenerator generator, SerializerProvider provider) {
            return "of the next minor";
        }

        @Override
        public VirtualBeanPropertyWriter withConfig(
                MapperConfig<?> config, AnnotatedClass owner, BeanPropertyDefinition definition, JavaType type) {
            return new OneMore(definition, owner.getAnnotations(), type);
        }
    }
}
