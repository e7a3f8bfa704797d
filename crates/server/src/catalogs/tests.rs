use super::rows::{COLUMNS_MAX, ROW_BYTES_MAX};
use super::*;

fn catalogs() -> (tempfile::TempDir, Catalogs) {
    let folder = tempfile::tempdir().unwrap();
    let catalogs = Catalogs::open(&folder.path().join(FILE)).unwrap();
    (folder, catalogs)
}

#[test]
fn rows_are_written_replaced_and_counted() {
    let (_folder, catalogs) = catalogs();
    let csv = b"sku,name,price,stock\nA-1,Shoe,59.5,true\n007,\"Boot, high\",,\n";
    let first = rows(Form::Csv, csv, "sku").unwrap();
    let done = catalogs.upload("products", &first, false, 1).unwrap();
    assert_eq!(done, Uploaded { written: 2, rows: 2 });
    let shoe = catalogs.item("products", "A-1").unwrap().unwrap();
    assert_eq!(shoe, r#"{"name":"Shoe","price":59.5,"sku":"A-1","stock":true}"#);
    let boot = catalogs.item("products", "007").unwrap().unwrap();
    assert_eq!(boot, r#"{"name":"Boot, high","sku":"007"}"#);

    let again =
        rows(Form::Ndjson, b"{\"sku\":\"A-1\",\"price\":49}\n\n{\"sku\":8}\n", "sku").unwrap();
    let done = catalogs.upload("products", &again, false, 2).unwrap();
    assert_eq!(done, Uploaded { written: 2, rows: 3 });
    assert_eq!(catalogs.item("products", "A-1").unwrap().unwrap(), r#"{"price":49,"sku":"A-1"}"#);
    let all = catalogs.items("products", "", 10).unwrap().unwrap();
    assert_eq!(all.iter().map(|row| &row.id[..]).collect::<Vec<_>>(), ["007", "8", "A-1"]);
    assert_eq!(catalogs.items("products", "8", 10).unwrap().unwrap().len(), 1);

    let whole = rows(Form::Json, br#"[{"id": "x"}, {"id": "x", "n": 2}]"#, "id").unwrap();
    let done = catalogs.upload("products", &whole, true, 3).unwrap();
    assert_eq!(done, Uploaded { written: 2, rows: 1 });
    assert_eq!(catalogs.item("products", "x").unwrap().unwrap(), r#"{"id":"x","n":2}"#);
    assert_eq!(catalogs.item("products", "A-1").unwrap(), None);

    assert!(catalogs.delete_item("products", "x", 4).unwrap());
    assert!(!catalogs.delete_item("products", "x", 4).unwrap());
    let facts = Facts { name: "products".into(), rows: 0, updated_at: 4 };
    assert_eq!(catalogs.list().unwrap(), [facts]);
    assert!(catalogs.delete("products").unwrap());
    assert_eq!(catalogs.items("products", "", 10).unwrap(), None);
}

#[test]
fn an_upload_with_a_wrong_row_says_which_and_why() {
    let wide: String = (0..=COLUMNS_MAX).map(|n| format!(",\"c{n}\":1")).collect();
    let long = "x".repeat(ROW_BYTES_MAX);
    let cases: [(Form, &[u8], usize, &str); 9] = [
        (Form::Ndjson, b"{\"id\":1}\n{\"sku\":2}", 2, "name the column with ?key="),
        (Form::Ndjson, b"{\"id\":1}\n[]", 2, "no JSON object"),
        (Form::Ndjson, b"{\"id\":[]}", 1, "no text or number"),
        (Form::Ndjson, b"{\"id\":\"\"}", 1, "1 to 256"),
        (Form::Ndjson, &format!("{{\"id\":1{wide}}}").into_bytes(), 1, "columns"),
        (Form::Ndjson, &format!("{{\"id\":1,\"a\":\"{long}\"}}").into_bytes(), 1, "bytes"),
        (Form::Json, b"{}", 0, "list of objects"),
        (Form::Csv, b"id,id\n1,2\n", 0, "two columns"),
        (Form::Csv, b"id,a\n1,2\n3\n", 2, "fields"),
    ];
    for (form, bytes, row, words) in cases {
        let problem = rows(form, bytes, "id").unwrap_err();
        assert_eq!(problem.row, row, "{problem}");
        assert!(problem.what.contains(words), "{problem}");
    }
    assert!(rows(Form::Csv, &[0xff], "id").is_err());
}

#[test]
fn names_that_a_template_cannot_say_are_refused_and_catalogs_are_bounded() {
    let (_folder, catalogs) = catalogs();
    for name in ["", "Products", "1a", "a b", "a.b", &"a".repeat(65)] {
        assert!(matches!(catalogs.upload(name, &[], false, 0), Err(Error::Name(_))), "{name}");
    }
    for n in 0..CATALOGS_MAX {
        catalogs.upload(&format!("c{n}"), &[], false, 0).unwrap();
    }
    assert!(matches!(catalogs.upload("more", &[], false, 0), Err(Error::TooMany)));
    catalogs.upload("c0", &[], false, 0).unwrap();
}

#[test]
fn a_copy_has_everything() {
    let (folder, catalogs) = catalogs();
    let row = Row { id: "1".into(), body: "{}".into() };
    catalogs.upload("a", &[row], false, 0).unwrap();
    let copy = folder.path().join("copy.db");
    catalogs.copy_to(&copy).unwrap();
    assert_eq!(Catalogs::open(&copy).unwrap().item("a", "1").unwrap().unwrap(), "{}");
}
