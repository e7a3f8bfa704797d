use std::process::Stdio;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::pdu::{Delivery, Unit, command, status, unit};
use super::*;
use crate::sms::Message;

const NOW: model::Timestamp = model::Timestamp(1_790_000_000_000);

fn settings(port: u16) -> Settings {
    Settings { port, ..Settings::new("127.0.0.1", "shop", "hush".into(), "SHOP") }
}

fn outgoing(body: &str) -> Outgoing {
    Outgoing {
        key: "k".into(),
        to: Destination::Phone("+491701234567".into()),
        payload: Payload::Sms(Message { body: body.into(), ..Message::default() }),
        now: NOW,
    }
}

async fn read(stream: &mut TcpStream) -> Option<Unit> {
    let mut header = [0; 16];
    stream.read_exact(&mut header).await.ok()?;
    let (length, mut unit) = Unit::header(&header)?;
    unit.body = vec![0; length - 16];
    stream.read_exact(&mut unit.body).await.ok()?;
    Some(unit)
}

/// What a gateway does with the message of this number (from 0).
type Act = fn(usize, &Unit) -> Vec<u8>;

/// A gateway that lets everybody in and answers messages by `act`; nothing to say ends the session.
async fn gateway(bind_status: u32, act: Act) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let login = read(&mut stream).await?;
                assert_eq!(login.command, command::BIND_TRANSCEIVER);
                assert!(login.body.starts_with(b"shop\0hush\0"));
                let answer = command::BIND_TRANSCEIVER | command::ANSWER;
                stream.write_all(&unit(answer, bind_status, login.sequence, b"x\0")).await.ok()?;
                let mut number = 0;
                while let Some(asked) = read(&mut stream).await {
                    if asked.command == command::SUBMIT {
                        let answer = act(number, &asked);
                        number += 1;
                        if answer.is_empty() {
                            break;
                        }
                        stream.write_all(&answer).await.ok()?;
                    } else if asked.command == command::ENQUIRE_LINK {
                        let kind = command::ENQUIRE_LINK | command::ANSWER;
                        stream.write_all(&unit(kind, 0, asked.sequence, &[])).await.ok()?;
                    }
                }
                Some(())
            });
        }
    });
    port
}

fn answered(asked: &Unit, status: u32, body: &[u8]) -> Vec<u8> {
    unit(command::SUBMIT | command::ANSWER, status, asked.sequence, body)
}

#[tokio::test]
async fn messages_go_out_on_one_session_and_get_their_own_names() {
    let port =
        gateway(0, |number, asked| answered(asked, 0, format!("m{number}\0").as_bytes())).await;
    let (smpp, _told) = Smpp::new(settings(port)).unwrap();
    let names: Vec<Outcome> = {
        let (a, b) = tokio::join!(smpp.send(outgoing("a")), smpp.send(outgoing("b")));
        vec![a, b, smpp.send(outgoing("c")).await]
    };
    let expected = ["m0", "m1", "m2"].map(|name| Outcome::accepted(name.to_owned()));
    assert_eq!(names, expected);
}

#[tokio::test]
async fn statuses_and_what_they_mean() {
    let cases: [(Act, Code, bool); 8] = [
        (|_, a| answered(a, 0x58, &[]), Code::ProviderThrottled, true),
        (|_, a| answered(a, 0x14, &[]), Code::ProviderThrottled, true),
        (|_, a| answered(a, 0x08, &[]), Code::ProviderFailed, true),
        (|_, a| answered(a, 0x64, &[]), Code::ProviderUnavailable, true),
        (|_, a| answered(a, 0x0a, &[]), Code::SenderRefused, false),
        (|_, a| answered(a, 0x01, &[]), Code::PayloadTooLarge, false),
        (|_, a| answered(a, 0x45, &[]), Code::ProviderRefused, false),
        (|_, a| unit(command::GENERIC_NACK, 0x03, a.sequence, &[]), Code::ProviderRefused, false),
    ];
    for (act, expected, again) in cases {
        let (smpp, _told) = Smpp::new(settings(gateway(0, act).await)).unwrap();
        let outcome = smpp.send(outgoing("Hi")).await;
        assert_eq!(outcome.code(), Some(expected), "{outcome:?}");
        assert_eq!(matches!(outcome, Outcome::Retry { certain: true, .. }), again, "{outcome:?}");
    }
    let port = gateway(0, |_, asked| answered(asked, 0x0b, &[])).await;
    let (smpp, _told) = Smpp::new(settings(port)).unwrap();
    let outcome = smpp.send(outgoing("Hi")).await;
    assert!(matches!(outcome, Outcome::Rejected { address: Address::DEAD, .. }), "{outcome:?}");
}

#[tokio::test]
async fn logins_that_fail_leave_nothing_in_doubt() {
    for (status, expected) in [
        (0x0e, Code::CredentialsRefused),
        (0x0d, Code::CredentialsRefused),
        (0x58, Code::ProviderThrottled),
        (0x08, Code::ProviderUnavailable),
    ] {
        let port = gateway(status, |_, _| Vec::new()).await;
        let (smpp, _told) = Smpp::new(settings(port)).unwrap();
        let outcome = smpp.send(outgoing("Hi")).await;
        assert!(matches!(outcome, Outcome::Retry { certain: true, .. }), "{outcome:?}");
        assert_eq!(outcome.code(), Some(expected), "{status:#x}");
        assert_eq!(smpp.connect().await.unwrap_err().code(), Some(expected));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = settings(listener.local_addr().unwrap().port());
    let connect = Duration::from_millis(100);
    let (smpp, _told) = Smpp::new(Settings { connect, ..silent.clone() }).unwrap();
    let outcome = smpp.send(outgoing("Hi")).await;
    assert!(matches!(outcome, Outcome::Retry { code: Code::NetworkTimeout, certain: true, .. }));
    drop(listener);
    let (smpp, _told) = Smpp::new(silent).unwrap();
    assert_eq!(smpp.send(outgoing("Hi")).await.code(), Some(Code::NetworkUnreachable));
}

#[tokio::test]
async fn what_was_written_and_not_answered_is_in_doubt_and_the_next_goes_out_anew() {
    let port = gateway(0, |_, asked| match asked.body.windows(3).any(|w| w == b"cut") {
        true => Vec::new(),
        false => answered(asked, 0, b"m\0"),
    });
    let (smpp, _told) = Smpp::new(settings(port.await)).unwrap();
    let outcome = smpp.send(outgoing("cut")).await;
    assert_eq!(outcome.code(), Some(Code::AnswerLost));
    assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
    assert_eq!(smpp.send(outgoing("fine")).await, Outcome::accepted("m".to_owned()));

    // The answer is for a message that nobody has sent.
    let port = gateway(0, |_, asked| {
        unit(command::SUBMIT | command::ANSWER, 0, asked.sequence + 1_000, b"m\0")
    });
    let impatient = Settings { answer: Duration::from_millis(100), ..settings(port.await) };
    let (smpp, _told) = Smpp::new(impatient).unwrap();
    let outcome = smpp.send(outgoing("Hi")).await;
    assert_eq!(outcome.code(), Some(Code::AnswerTimeout));
    assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
}

#[tokio::test]
async fn nonsense_ends_the_session() {
    let port = gateway(0, |_, _| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).await;
    let (smpp, _told) = Smpp::new(settings(port)).unwrap();
    assert_eq!(smpp.send(outgoing("Hi")).await.code(), Some(Code::AnswerLost));
}

#[tokio::test]
async fn a_gateway_that_falls_silent_is_asked_and_then_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let login = read(&mut stream).await.unwrap();
        let answer = command::BIND_TRANSCEIVER | command::ANSWER;
        stream.write_all(&unit(answer, 0, login.sequence, b"x\0")).await.unwrap();
        let mut asked = Vec::new();
        while let Some(unit) = read(&mut stream).await {
            asked.push(unit.command);
        }
        asked
    });
    let silence = Duration::from_millis(50);
    let (smpp, _told) = Smpp::new(Settings { silence, ..settings(port) }).unwrap();
    smpp.connect().await.unwrap();
    // Ends when the session does.
    let asked = tokio::time::timeout(Duration::from_secs(30), silent).await;
    assert_eq!(asked.unwrap().unwrap(), [command::ENQUIRE_LINK]);
    assert_eq!(smpp.send(outgoing("Hi")).await.code(), Some(Code::NetworkUnreachable));
}

/// The body of a `deliver_sm` from `491701234567` to `SHOP`.
fn delivery(class: u8, coding: u8, text: &[u8], options: &[u8]) -> Vec<u8> {
    let length = [u8::try_from(text.len()).unwrap()];
    let head = b"\0\x01\x01491701234567\0\x05\0SHOP\0";
    [head, &[class, 0, 0, 0, 0, 0, 0, coding, 0][..], &length, text, options].concat()
}

const RECEIPT: &[u8] = b"id:m0 sub:001 dlvrd:001 submit date:2609211413 done date:2609211414 stat:DELIVRD err:000 text:stat:X";

#[tokio::test]
async fn receipts_and_answers_come_in_and_are_acknowledged() {
    // The gateway tells before it answers, and its acknowledgements are read by `gateway`.
    let port = gateway(0, |_, asked| {
        let receipt = delivery(0x04, 0, RECEIPT, &[]);
        let answer = delivery(0, 8, &[0, b'S', 0, b't', 0, b'o', 0, b'p'], &[]);
        let receipt = unit(command::DELIVER, 0, 1, &receipt);
        let answer = unit(command::DELIVER, 0, 2, &answer);
        [receipt, answer, answered(asked, 0, b"m0\0")].concat()
    });
    let (smpp, mut told) = Smpp::new(settings(port.await)).unwrap();
    assert_eq!(smpp.send(outgoing("Hi")).await, Outcome::accepted("m0".to_owned()));
    let (provider_id, from) = ("m0".into(), "491701234567".into());
    let receipt = Told::Receipt { provider_id, from, state: State::Delivered };
    assert_eq!(told.recv().await.map(|heard| heard.told), Some(receipt));
    let answer = told.recv().await.map(|heard| heard.told);
    let Some(Told::Answer { from, to, body, keyword }) = answer else { panic!() };
    assert_eq!((from.as_str(), to.as_str()), ("491701234567", "SHOP"));
    assert_eq!((body.as_str(), keyword), ("Stop", Some(Keyword::Stop)));
}

#[test]
fn receipts_by_options_and_states() {
    let options = [&[0, 0x1e, 0, 3][..], b"m7\0", &[0x04, 0x27, 0, 1, 5]].concat();
    let read = Delivery::read(&delivery(0x04, 0, b"", &options)).unwrap();
    assert_eq!((read.receipted_id.as_deref(), read.state), (Some("m7"), Some(5)));
    assert!(read.receipt);
    assert_eq!(state("DELIVRD", "000"), State::Delivered);
    assert_eq!(state("ENROUTE", ""), State::Sent);
    let failed = State::Failed { code: Code::MessageExpired, detail: "EXPIRED 012".into() };
    assert_eq!(state("EXPIRED", "012"), failed);
}

#[test]
fn short_texts_stand_in_their_field_and_long_ones_in_an_option() {
    let body = |text: &[u8]| {
        let (from, to) = ("SHOP", "491701234567");
        let (entity_id, template_id) = (Some("11"), Some("22"));
        let (source_kind, destination_kind) = (None, (1, 1));
        let coding = 0;
        let submit = Submit {
            from,
            source_kind,
            destination_kind,
            to,
            coding,
            text,
            entity_id,
            template_id,
        };
        submit.body()
    };
    let head = b"\0\x05\0SHOP\0\x01\x01491701234567\0\0\0\0\0\0\x01\0\0\0";
    let ids = b"\x14\x00\0\x0311\0\x14\x01\0\x0322\0";
    assert_eq!(body(b"Hi"), [head, &[2][..], b"Hi", ids].concat());
    let long = [b'x'; 141];
    assert_eq!(body(&long), [head, &[0, 0x04, 0x24, 0, 141][..], &long, ids].concat());
}

#[test]
fn characters_of_the_gsm_alphabet_and_others() {
    let gsm = |text| text::encode(text, Alphabet::Gsm);
    assert_eq!(gsm("@£ä€"), (0, vec![0, 1, 0x7b, 0x1b, 0x65]));
    assert_eq!(gsm("Hi [1]").1, b"Hi \x1b\x3c1\x1b\x3e");
    assert_eq!(gsm("ş"), (8, vec![0x01, 0x5f]));
    assert_eq!(gsm("😀"), (8, vec![0xd8, 0x3d, 0xde, 0x00]));
    assert_eq!(text::encode("ü", Alphabet::Latin1), (3, vec![0xfc]));
    assert_eq!(text::encode("€", Alphabet::Latin1).0, 8);
}

proptest! {
    #[test]
    fn texts_are_read_back_as_they_were_written(body in "\\PC{0,60}") {
        for alphabet in [Alphabet::Gsm, Alphabet::Latin1] {
            let (coding, bytes) = text::encode(&body, alphabet);
            prop_assert_eq!(text::decode(coding, &bytes, alphabet), body.clone());
        }
    }

    #[test]
    fn units_of_a_stranger_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), coding in any::<u8>()) {
        let _ = Delivery::read(&bytes);
        let _ = Delivery::read(&delivery(0x44, coding, &bytes, &bytes));
        let _ = text::decode(coding, &bytes, Alphabet::Gsm);
        let _ = text::decode(coding, &bytes, Alphabet::Latin1);
    }
}

/// A gateway with a session for each way: what is told comes in on the one that was bound for it.
#[tokio::test]
async fn messages_go_out_on_one_session_and_receipts_come_in_on_another() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let gateway = tokio::spawn(async move {
        let mut bound = Vec::new();
        let mut streams = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let login = read(&mut stream).await.unwrap();
            let kind = login.command | command::ANSWER;
            stream.write_all(&unit(kind, 0, login.sequence, b"x\0")).await.unwrap();
            bound.push(login.command);
            streams.push(stream);
        }
        let receipt = delivery(0x04, 0, b"id:m0 stat:DELIVRD err:000", &[]);
        streams[0].write_all(&unit(command::DELIVER, 0, 7, &receipt)).await.unwrap();
        let answer = read(&mut streams[0]).await.unwrap();
        assert_eq!((answer.command, answer.sequence), (command::DELIVER | command::ANSWER, 7));
        let asked = read(&mut streams[1]).await.unwrap();
        // Type and plan of both sides, as they were set.
        assert!(asked.body.starts_with(b"\0\x05\x01SHOP\0\x02\x03491701234567\0"));
        streams[1].write_all(&answered(&asked, 0, b"m0\0")).await.unwrap();
        bound
    });
    let own = Settings {
        bind: Bind::Separate,
        source_kind: Some((5, 1)),
        destination_kind: (2, 3),
        ..settings(port)
    };
    let (smpp, mut told) = Smpp::new(own).unwrap();
    smpp.connect().await.unwrap();
    let sent = tokio::spawn(async move { smpp.send(outgoing("Hi")).await });
    let Heard { told, acknowledgement } = told.recv().await.unwrap();
    assert!(matches!(told, Told::Receipt { state: State::Delivered, .. }), "{told:?}");
    acknowledgement.taken();
    assert_eq!(sent.await.unwrap(), Outcome::accepted("m0".to_owned()));
    let bound = gateway.await.unwrap();
    assert_eq!(bound, [command::BIND_RECEIVER, command::BIND_TRANSMITTER]);
}

/// A gateway is told that we have something when somebody says so, and not before; what is dropped it keeps.
#[tokio::test]
async fn what_is_told_is_acknowledged_when_it_is_safe() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (answered, mut answers) = mpsc::channel(2);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let login = read(&mut stream).await.unwrap();
        let kind = login.command | command::ANSWER;
        stream.write_all(&unit(kind, 0, login.sequence, b"x\0")).await.unwrap();
        let receipt = delivery(0x04, 0, RECEIPT, &[]);
        for sequence in [5, 6] {
            stream.write_all(&unit(command::DELIVER, 0, sequence, &receipt)).await.unwrap();
        }
        while let Some(answer) = read(&mut stream).await {
            assert_eq!(answer.command, command::DELIVER | command::ANSWER);
            answered.send((answer.sequence, answer.status)).await.unwrap();
        }
    });
    let (smpp, mut told) = Smpp::new(settings(port)).unwrap();
    smpp.connect().await.unwrap();
    let (first, second) = (told.recv().await.unwrap(), told.recv().await.unwrap());
    drop(second);
    // The first answer says nothing of the one that waits, and the next one comes when that is safe.
    assert_eq!(answers.recv().await, Some((6, status::LATER)));
    first.acknowledgement.taken();
    assert_eq!(answers.recv().await, Some((5, status::OK)));
}

#[test]
fn settings_that_fit_no_field() {
    for (system_id, password, from) in
        [("a-very-long-system-id", "p", "x"), ("s", "too-long-1", "x"), ("s", "p", "naïve")]
    {
        let settings = Settings::new("h", system_id, password.into(), from);
        assert!(matches!(Smpp::new(settings), Err(Error::Field { .. })));
    }
}

/// A gateway by npm's `smpp`, which shares nothing with us.
#[tokio::test]
async fn a_foreign_implementation_understands_us() {
    const SCRIPT: &str = "
const smpp = require('smpp');
const server = smpp.createServer(session => {
  session.on('bind_transceiver', pdu => {
    const good = pdu.system_id === 'shop' && pdu.password === 'hush';
    session.send(pdu.response({ command_status: good ? 0 : smpp.ESME_RBINDFAIL }));
  });
  session.on('submit_sm', pdu => {
    const text = pdu.message_payload ? pdu.message_payload.message || pdu.message_payload : pdu.short_message.message;
    session.send(pdu.response({ message_id: Buffer.from(String(text)).toString('hex') }));
    session.deliver_sm({
      source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4,
      short_message: 'id:r1 sub:001 dlvrd:001 submit date:2609211413 done date:2609211414 stat:UNDELIV err:069 text:',
    });
  });
  session.on('enquire_link', pdu => session.send(pdu.response()));
  session.on('unbind', pdu => { session.send(pdu.response()); session.close(); });
  session.on('error', () => {});
});
server.listen(0, '127.0.0.1', function () { console.log(server.address().port); });
";
    let node = tokio::task::spawn_blocking(|| {
        let mut command = std::process::Command::new("node");
        command.args(["-e", SCRIPT]).stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(Stdio::null()).spawn()
    });
    let Ok(mut node) = node.await.unwrap() else {
        eprintln!("SKIPPED: no Node");
        return;
    };
    let stdout = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        let mut stdout = std::io::BufReader::new(node.stdout.take().unwrap());
        let _ = std::io::BufRead::read_line(&mut stdout, &mut line);
        (line, node)
    });
    let (line, mut node) = stdout.await.unwrap();
    if let Ok(port) = line.trim().parse() {
        let (smpp, mut told) = Smpp::new(settings(port)).unwrap();
        let long = "long ".repeat(60);
        for body in ["Hello @ £", "Grüße ş 😀", &long] {
            let outcome = smpp.send(outgoing(body)).await;
            assert_eq!(outcome, Outcome::accepted(crate::hex::encode(body.as_bytes())), "{body}");
            let state =
                State::Failed { code: Code::AddressUnavailable, detail: "UNDELIV 069".into() };
            let (provider_id, from) = ("r1".into(), "491701234567".into());
            let Heard { told, acknowledgement } = told.recv().await.unwrap();
            assert_eq!(told, Told::Receipt { provider_id, from, state });
            acknowledgement.taken();
        }
    } else {
        eprintln!("SKIPPED: Node has no package `smpp` (`NODE_PATH` says where packages are)");
    }
    let _ = node.kill();
    let _ = node.wait();
}
