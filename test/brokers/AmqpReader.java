import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.LongString;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What a Java consumer of RabbitMQ sees: looks at every message that is ready and prints each as one line of JSON in
 * ASCII, values with their Java type. Acknowledges nothing, so that the messages are ready again when it ends.
 * java -cp 'lib/*' AmqpReader.java ADDRESS QUEUE
 */
public class AmqpReader {
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(args[0]);
    factory.setAutomaticRecoveryEnabled(false);
    try (Connection connection = factory.newConnection()) {
      Channel channel = connection.createChannel();
      for (GetResponse got; (got = channel.basicGet(args[1], false)) != null; ) out.println(json(got));
    }
    out.flush();
  }

  static String json(GetResponse got) {
    StringJoiner parts = new StringJoiner(",", "{", "}");
    parts.add("\"body\":" + value(got.getBody()));
    parts.add("\"exchange\":" + value(got.getEnvelope().getExchange()));
    parts.add("\"routingKey\":" + value(got.getEnvelope().getRoutingKey()));
    parts.add("\"properties\":" + properties(got.getProps()));
    Map<String, Object> headers = got.getProps().getHeaders();
    parts.add("\"headers\":" + value(headers == null ? Map.of() : headers));
    return parts.toString();
  }

  /** By the names that mqlift has for them; a null is a property that is not there. */
  static String properties(BasicProperties all) {
    StringJoiner present = new StringJoiner(",", "{", "}");
    add(present, "contentType", all.getContentType());
    add(present, "contentEncoding", all.getContentEncoding());
    add(present, "deliveryMode", all.getDeliveryMode());
    add(present, "priority", all.getPriority());
    add(present, "correlationId", all.getCorrelationId());
    add(present, "replyTo", all.getReplyTo());
    add(present, "expiration", all.getExpiration());
    add(present, "messageId", all.getMessageId());
    add(present, "timestamp", all.getTimestamp());
    add(present, "type", all.getType());
    add(present, "userId", all.getUserId());
    add(present, "appId", all.getAppId());
    add(present, "clusterId", all.getClusterId());
    return present.toString();
  }

  static void add(StringJoiner present, String name, Object value) {
    if (value != null) present.add(text(name) + ":" + value(value));
  }

  static String value(Object value) {
    if (value == null) return "{\"type\":\"null\"}";
    if (value instanceof LongString) return of("LongString", "bytes", base64(((LongString) value).getBytes()));
    if (value instanceof byte[]) return of("byte[]", "bytes", base64((byte[]) value));
    if (value instanceof Date) return of("Date", "text", text(Long.toString(((Date) value).getTime())));
    if (value instanceof List) return of("List", "items", items((List<?>) value));
    if (value instanceof Map) return of("Map", "entries", entries((Map<?, ?>) value));
    return of(value.getClass().getSimpleName(), "text", text(value.toString()));
  }

  static String of(String type, String name, String content) {
    return "{\"type\":" + text(type) + ",\"" + name + "\":" + content + "}";
  }

  static String items(List<?> list) {
    StringJoiner items = new StringJoiner(",", "[", "]");
    for (Object each : list) items.add(value(each));
    return items.toString();
  }

  static String entries(Map<?, ?> map) {
    StringJoiner entries = new StringJoiner(",", "[", "]");
    for (Map.Entry<?, ?> each : map.entrySet())
      entries.add("[" + text((String) each.getKey()) + "," + value(each.getValue()) + "]");
    return entries.toString();
  }

  static String base64(byte[] bytes) {
    return text(Base64.getEncoder().encodeToString(bytes));
  }

  static String text(String value) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char unit : value.toCharArray()) {
      if (unit >= 32 && unit < 127 && unit != '"' && unit != '\\') quoted.append(unit);
      else quoted.append(String.format("\\u%04x", (int) unit));
    }
    return quoted.append('"').toString();
  }
}
