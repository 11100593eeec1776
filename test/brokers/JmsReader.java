import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.Enumeration;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnectionFactory;

/**
 * What a JMS consumer sees: takes the messages of a queue and prints each as one line of JSON in ASCII, values with
 * their Java type. java -cp 'lib/*:lib/optional/*' JmsReader.java URL USER PASSWORD QUEUE MESSAGES PATIENCE-MS [SELECTOR]
 */
public class JmsReader {
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
    Connection connection = new ActiveMQConnectionFactory(args[1], args[2], args[0]).createConnection();
    connection.start();
    Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
    String selector = args.length > 6 ? args[6] : null;
    MessageConsumer consumer = session.createConsumer(session.createQueue(args[3]), selector);
    int wanted = Integer.parseInt(args[4]);
    long patience = Long.parseLong(args[5]);
    for (int read = 0; read < wanted; read++) {
      // The first one may take as long as a busy broker takes to begin.
      Message message = consumer.receive(read == 0 ? 5 * patience : patience);
      if (message == null) break;
      out.println(json(message));
      // A broker hands out one page of 200 messages that nobody has acknowledged, and holds back producers for them.
      if (read % 10 == 9) session.commit();
    }
    session.commit();
    out.flush();
    connection.close();
  }

  static String json(Message message) throws Exception {
    StringBuilder line = new StringBuilder("{");
    line.append("\"kind\":").append(text(kind(message)));
    if (message instanceof TextMessage) line.append(",\"text\":").append(text(((TextMessage) message).getText()));
    if (message instanceof BytesMessage) line.append(",\"bytes\":").append(text(bytes((BytesMessage) message)));
    line.append(",\"messageId\":").append(text(message.getJMSMessageID()));
    line.append(",\"correlationId\":").append(text(message.getJMSCorrelationID()));
    line.append(",\"type\":").append(text(message.getJMSType()));
    Object replyTo = message.getJMSReplyTo();
    line.append(",\"replyTo\":").append(text(replyTo == null ? null : replyTo.toString()));
    line.append(",\"priority\":").append(message.getJMSPriority());
    line.append(",\"deliveryMode\":").append(message.getJMSDeliveryMode());
    line.append(",\"timestamp\":").append(message.getJMSTimestamp());
    line.append(",\"expiration\":").append(message.getJMSExpiration());
    line.append(",\"properties\":{");
    String comma = "";
    for (Object each : Collections.list((Enumeration<?>) message.getPropertyNames())) {
      String name = (String) each;
      Object value = message.getObjectProperty(name);
      line.append(comma).append(text(name)).append(":[").append(text(value.getClass().getSimpleName()));
      line.append(",").append(text(shown(value))).append("]");
      comma = ",";
    }
    return line.append("}}").toString();
  }

  static String kind(Message message) {
    return message.getClass().getSimpleName().replace("ActiveMQ", "");
  }

  /** A float as the double it is: its shortest form would not be read back as the same number. */
  static String shown(Object value) {
    return value instanceof Float ? Double.toString((Float) value) : value.toString();
  }

  static String bytes(BytesMessage message) throws Exception {
    byte[] body = new byte[(int) message.getBodyLength()];
    message.readBytes(body);
    return Base64.getEncoder().encodeToString(body);
  }

  static String text(String value) {
    if (value == null) return "null";
    StringBuilder quoted = new StringBuilder("\"");
    for (char unit : value.toCharArray()) {
      if (unit >= 32 && unit < 127 && unit != '"' && unit != '\\') quoted.append(unit);
      else quoted.append(String.format("\\u%04x", (int) unit));
    }
    return quoted.append('"').toString();
  }
}
