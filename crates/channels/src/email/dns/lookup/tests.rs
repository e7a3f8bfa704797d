use proptest::prelude::*;
use tokio::net::TcpListener;

use super::*;

/// The answer to a question: flags, and records of type and data with the question's own name.
fn answer(asked: &[u8], flags: [u8; 2], records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let question = &asked[12..asked.len() - OPTION.len()];
    let n_records = u16::try_from(records.len()).unwrap().to_be_bytes();
    let head = [&asked[..2], &flags, &[0, 1], &n_records, &[0; 4]].concat();
    let mut bytes = [head, question.to_vec()].concat();
    for (kind, data) in records {
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        // The name is the one at 12, of class IN, for a minute.
        bytes.extend([0xc0, 12]);
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 1, 0, 0, 0, 60]);
        bytes.extend(length);
        bytes.extend(data);
    }
    bytes
}

fn txt(pieces: &[&str]) -> (u16, Vec<u8>) {
    let piece = |text: &&str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    (16, pieces.iter().flat_map(piece).collect())
}

const GOOD: [u8; 2] = [0x81, 0x80];
const LIMIT: Duration = Duration::from_secs(10);

/// A name server that sends what `reply` makes of a question, one packet each.
async fn server(reply: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 2_000];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            for packet in reply(&buffer[..length]) {
                socket.send_to(&packet, from).await.unwrap();
            }
        }
    });
    address
}

#[tokio::test]
async fn texts_are_joined_and_aliases_passed_over() {
    let records = [(5, vec![1, b'x', 0]), txt(&["v=DKIM1; ", "p=AAAA"]), txt(&["other"])];
    let server = server(move |asked| vec![answer(asked, GOOD, &records)]).await;
    let resolver = Resolver::new(&[server], LIMIT);
    let found = resolver.lookup(Kind::Txt, "s1._domainkey.shop.example.").await;
    assert_eq!(found, Ok(vec!["v=DKIM1; p=AAAA".to_owned(), "other".to_owned()]));
    assert_eq!(resolver.lookup(Kind::Mx, "käse.example").await, Ok(Vec::new()));
}

#[tokio::test]
async fn addresses_and_their_names() {
    let four = (1, vec![192, 0, 2, 7]);
    let six = (28, [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1]].concat());
    let name = (12, vec![2, b'm', b'x', 0]);
    let server =
        server(move |asked| vec![answer(asked, GOOD, &[four.clone(), six.clone(), name.clone()])]);
    let resolver = Resolver::new(&[server.await], LIMIT);
    let found = |kind| {
        let resolver = resolver.clone();
        async move { resolver.lookup(kind, "mx.example").await.unwrap() }
    };
    assert_eq!(found(Kind::A).await, ["192.0.2.7"]);
    assert_eq!(found(Kind::Aaaa).await, ["2001:db8::1"]);
    assert_eq!(found(Kind::Ptr).await, ["mx"]);
    assert_eq!(reverse("192.0.2.7".parse().unwrap()), "7.2.0.192.in-addr.arpa");
    // The example of RFC 3596.
    let expected = "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa";
    assert_eq!(reverse("4321:0:1:2:3:4:567:89ab".parse().unwrap()), expected);
}

#[tokio::test]
async fn hosts_have_their_priority_and_a_name_that_may_continue_elsewhere() {
    // `mx` and then the question's own name.
    let record = (15, vec![0, 10, 2, b'm', b'x', 0xc0, 12]);
    let server = server(move |asked| vec![answer(asked, GOOD, std::slice::from_ref(&record))]);
    let resolver = Resolver::new(&[server.await], LIMIT);
    let found = resolver.lookup(Kind::Mx, "shop.example").await;
    assert_eq!(found, Ok(vec!["10 mx.shop.example".to_owned()]));
}

#[tokio::test]
async fn no_such_name_is_an_answer_and_answers_to_others_are_not() {
    let nothing = server(|asked| vec![answer(asked, [0x81, 0x83], &[])]).await;
    let found = Resolver::new(&[nothing], LIMIT).lookup(Kind::Txt, "shop.example").await;
    assert_eq!(found, Ok(Vec::new()));
    let noisy = server(|asked| {
        let forged = |change: usize| {
            let mut forged = answer(asked, GOOD, &[txt(&["forged"])]);
            forged[change] ^= 1;
            forged
        };
        // Another number, another name, no answer at all, and then the right one.
        vec![forged(0), forged(14), vec![], asked.to_vec(), answer(asked, GOOD, &[txt(&["good"])])]
    });
    let found = Resolver::new(&[noisy.await], LIMIT).lookup(Kind::Txt, "shop.example").await;
    assert_eq!(found, Ok(vec!["good".to_owned()]));
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_fails() {
    let failing = server(|asked| vec![answer(asked, [0x81, 0x82], &[])]).await;
    let good = server(|asked| vec![answer(asked, GOOD, &[txt(&["x"])])]).await;
    let found = Resolver::new(&[failing, good], LIMIT).lookup(Kind::Txt, "shop.example").await;
    assert_eq!(found, Ok(vec!["x".to_owned()]));
    let silent = server(|_| Vec::new()).await;
    let impatient = Duration::from_millis(50);
    let found = Resolver::new(&[silent], impatient).lookup(Kind::Txt, "shop.example").await;
    assert!(matches!(found, Err(Error::Unanswered(_))), "{found:?}");
    let nobody = Resolver::new(&[], LIMIT).lookup(Kind::Txt, "shop.example").await;
    assert_eq!(nobody, Err(Error::NoServer));
}

#[tokio::test]
async fn what_does_not_fit_is_asked_for_again_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let socket = UdpSocket::bind(address).await.unwrap();
    let long = "x".repeat(250);
    let expected = long.repeat(10);
    tokio::spawn(async move {
        let mut buffer = [0; 2_000];
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        socket.send_to(&answer(&buffer[..length], [0x83, 0x80], &[]), from).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut asked).await.unwrap();
        let whole = answer(&asked, GOOD, &[txt(&[long.as_str(); 10])]);
        stream.write_u16(whole.len().try_into().unwrap()).await.unwrap();
        stream.write_all(&whole).await.unwrap();
    });
    let found = Resolver::new(&[address], LIMIT).lookup(Kind::Txt, "shop.example").await;
    assert_eq!(found, Ok(vec![expected]));
}

#[test]
fn names_that_are_none() {
    let long = format!("{}.example", "x".repeat(64));
    let longer = ["abcdefgh"; 40].join(".");
    for name in ["", ".", "a..b", &long, &longer] {
        assert!(matches!(question(1, Kind::Txt, name), Err(Error::Name(_))), "{name}");
    }
}

#[test]
fn servers_of_the_machine() {
    let text = "# comment\nsearch example\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 \nnameservers 1.1.1.1\nnameserver x\nnameserver fe80::1%eth0\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n";
    let expected = ["192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.2:53"].map(|a| a.parse().unwrap());
    assert_eq!(Resolver::of_configuration(text, LIMIT), Resolver::new(&expected, LIMIT));
}

#[test]
fn a_name_that_leads_to_itself_ends() {
    assert_eq!(name_at(&[0xc0, 0], 0), None);
    assert_eq!(name_at(&[1, b'a', 0xc0, 0], 0), None);
}

proptest! {
    #[test]
    fn answers_of_a_stranger_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..120), at in 0usize..120) {
        let asked = question(7, Kind::Mx, "shop.example").unwrap();
        let mut damaged = answer(&asked, GOOD, &[(15, vec![0, 10, 1, b'm', 0xc0, 12]), txt(&["x"])]);
        let at = at.min(damaged.len());
        let end = (at + bytes.len()).min(damaged.len());
        damaged.splice(at..end, bytes.clone());
        for kind in [Kind::Txt, Kind::Mx] {
            let _ = records(&damaged, kind);
            let _ = records(&bytes, kind);
        }
        let _ = belongs(&bytes, &asked);
    }
}
