# Sourced by the JVM clients' run.sh: programs that live for seconds want a JVM that starts fast.
jvm=(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -Xmx256m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn)
