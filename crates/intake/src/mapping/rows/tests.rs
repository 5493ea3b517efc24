//! What rows become.

use std::io::Cursor;

use bailee_core::catalogue::Catalogue;

use crate::format::{Format, Formats};
use crate::reader::{Item, Reader, Request};
use crate::verify::{Flaw, verify};

const MAPPING: &str = r#"
    format = "own"
    title = "a table for tests"
    kind = "order"
    syntax = "table"
    [recognise]
    all = ["order-id"]
    [fields]
    "order-id" = "orderId"
    "Order Item ID" = { to = ["orderItems[].orderItemId", "packages[].packageItems[].orderItemId"] }
    "package" = "packages[].packageReferenceId"
    "status" = { to = "fulfillment.fulfillmentStatus", words = { Shipped = "SHIPPED", Unknown = "" } }
    "ordered" = "createdTime"
    "buyer" = "buyer.buyerName"
    "name" = "recipient.deliveryAddress.name"
    "country" = "recipient.deliveryAddress.countryCode"
    "street" = "recipient.deliveryAddress.addressLine1"
    "quantity" = "packages[].packageItems[].quantity"
    "vat" = "tax.taxRegistrations[0].taxRegistrationNumber"
    "vat-name" = "tax.taxRegistrations[0].legalName"
    "serial" = "orderItems[].product.serialNumbers[]"
    "title" = "orderItems[].product.title"
    "amount" = "orderItems[].proceeds.proceedsTotal.amount"
    "currency" = "orderItems[].proceeds.proceedsTotal.currencyCode"
    "tax" = "orderItems[].proceeds.breakdowns[type=TAX].subtotal.amount"
    "price" = "orderItems[].proceeds.breakdowns[type=ITEM].subtotal.amount"
    "prime" = { to = "programs[]", words = { true = "PRIME", false = "" } }
    "programme" = "programs[]"
    "cursor" = { drop = "says nothing about an order" }
    [aliases]
    "Käufer" = "buyer"
    "Artikel" = "title"
    [join]
    "salesChannel.channelName" = ["status", "package"]
"#;

fn read(input: &str) -> Vec<Result<String, Flaw>> {
    let formats = Formats::embedded().unwrap().with(Format::parse(MAPPING).unwrap()).unwrap();
    let request = Request { format: formats.named("own").cloned(), ..Request::default() };
    let mut reader =
        Reader::open(Box::new(Cursor::new(input.as_bytes().to_vec())), &formats, request).unwrap();
    let form = reader.form().clone();
    let catalogue = Catalogue::embedded().unwrap();
    let items = reader.next_batch(100, 1 << 20).unwrap();
    let document = |item: Item| match item {
        Item::Document(raw) => verify(&raw, &form, &catalogue)
            .map(|document| serde_json::to_string(&document.json).unwrap().replace('"', "'")),
        Item::PageEnd(_) => panic!("a table has no pages"),
    };
    items.into_iter().map(document).collect()
}

/// What the rows of one order become, with `'` for `"`.
fn check(header: &str, rows: &[&str], expected: Result<&str, Flaw>) {
    let rows: String = rows.iter().map(|row| format!("1-1,{row}\n")).collect();
    let read = read(&format!("order-id,{header}\n{rows}"));
    assert_eq!(read, [expected.map(str::to_owned)], "{header}: {rows}");
}

#[test]
fn a_row_is_one_element_of_each_list_and_elements_with_one_id_are_one() {
    check(
        "order-item-id,title,package,quantity",
        &["7,Lamp,P,1", "8,Table,P,2", "7,Lamp,Q,3"],
        Ok("{'orderId':'1-1',\
            'orderItems':[{'orderItemId':'7','product':{'title':'Lamp'}},\
            {'orderItemId':'8','product':{'title':'Table'}}],\
            'packages':[{'packageItems':[{'orderItemId':'7','quantity':1},\
            {'orderItemId':'8','quantity':2}],'packageReferenceId':'P'},\
            {'packageItems':[{'orderItemId':'7','quantity':3}],'packageReferenceId':'Q'}]}"),
    );
}

#[test]
fn columns_are_found_by_name_wherever_they_stand_and_however_they_are_written() {
    let expected = Ok(String::from(
        "{'orderId':'1-1','orderItems':[{'orderItemId':'7','product':{'title':'Lamp'}}],\
         'buyer':{'buyerName':'Jo'}}",
    ));
    assert_eq!(read("order-id\torder-item-id\tbuyer\ttitle\n1-1\t7\tJo\tLamp\n"), [expected]);
    assert_eq!(read("ORDER_ITEM_ID\tOrder ID\tKÄUFER\tArtikel\n7\t1-1\tJo\tLamp\n").len(), 1);
}

#[test]
fn blanks_say_nothing_and_entities_are_decoded_once() {
    check(
        "name,street,buyer,vat",
        &[" -- ,,&nbsp;,  ", "J&ouml;rg &amp;amp; Co , --x,,"],
        Ok("{'orderId':'1-1','recipient':{'deliveryAddress':{'name':'Jörg &amp; Co','addressLine1':'--x'}}}"),
    );
}

#[test]
fn words_are_translated_and_an_empty_one_says_nothing() {
    check("status", &["Shipped"], Ok("{'orderId':'1-1','fulfillment':{'fulfillmentStatus':'SHIPPED'}}"));
    check("status", &["SHIPPED"], Ok("{'orderId':'1-1','fulfillment':{'fulfillmentStatus':'SHIPPED'}}"));
    check(
        "programme,prime",
        &["A,TRUE", "B,True", "A,false"],
        Ok("{'orderId':'1-1','programs':['A','PRIME','B']}"),
    );
    check("status", &["Lost"], Ok("{'orderId':'1-1','fulfillment':{'fulfillmentStatus':'Lost'}}"));
    check("status", &["Unknown"], Ok("{'orderId':'1-1'}"));
}

#[test]
fn personal_values_of_one_order_must_agree_and_of_facts_the_last_has_the_word() {
    check("name", &["Jo", "Joe"], Err(Flaw::RowsDisagree));
    check(
        "name",
        &["Jo  Doe", "", "Jo Doe"],
        Ok("{'orderId':'1-1','recipient':{'deliveryAddress':{'name':'Jo Doe'}}}"),
    );
    check(
        "order-item-id,title",
        &["7,Lamp", "7,Table"],
        Ok("{'orderId':'1-1','orderItems':[{'orderItemId':'7','product':{'title':'Table'}}]}"),
    );
    check(
        "vat,vat-name",
        &["1,", ",Doe", "1,Doe"],
        Ok("{'orderId':'1-1','tax':{'taxRegistrations':[{'taxRegistrationNumber':'1','legalName':'Doe'}]}}"),
    );
    check("vat", &["1", "2"], Err(Flaw::RowsDisagree));
}

#[test]
fn values_are_collected_once_each() {
    check(
        "order-item-id,serial",
        &["7,a", "7,b", "7,a"],
        Ok("{'orderId':'1-1','orderItems':[{'orderItemId':'7','product':{'serialNumbers':['a','b']}}]}"),
    );
}

#[test]
fn what_no_mapping_names_is_kept_with_its_row() {
    check(
        "Gift Note!,order-item-id,cursor",
        &["x,7,y", "z,8,y", ",9,y", "w,,y", "v,7,y", "x,7,y"],
        Ok("{'orderId':'1-1','orderItems':[{'orderItemId':'7','extra':{'gift-note':['x','v']}},\
            {'orderItemId':'8','extra':{'gift-note':'z'}},{'orderItemId':'9'}],\
            'extra':{'gift-note':'w'}}"),
    );
    check(
        "name,name,,Name",
        &["a,b,c,d"],
        Ok(
            "{'orderId':'1-1','recipient':{'deliveryAddress':{'name':'a'}},'extra':{'name-2':'b','column-4':'c','name-3':'d'}}",
        ),
    );
    check("Käufer,buyer", &["a,b"], Ok("{'orderId':'1-1','buyer':{'buyerName':'b'},'extra':{'käufer':'a'}}"));
}

#[test]
fn a_currency_without_an_amount_says_nothing() {
    check("currency,amount", &["EUR,"], Ok("{'orderId':'1-1'}"));
    check("currency", &["EUR"], Ok("{'orderId':'1-1'}"));
    check(
        "currency,amount",
        &["EUR,1"],
        Ok(
            "{'orderId':'1-1','orderItems':[{'proceeds':{'proceedsTotal':{'currencyCode':'EUR','amount':'1'}}}]}",
        ),
    );
}

#[test]
fn elements_that_are_told_apart_by_a_word_stand_in_the_order_of_the_columns() {
    check(
        "order-item-id,price,tax",
        &["7,1,", "7,1,2", "8,,3"],
        Ok("{'orderId':'1-1','orderItems':[{'orderItemId':'7','proceeds':{'breakdowns':[\
            {'type':'ITEM','subtotal':{'amount':'1'}},{'type':'TAX','subtotal':{'amount':'2'}}]}},\
            {'orderItemId':'8','proceeds':{'breakdowns':[{'type':'TAX','subtotal':{'amount':'3'}}]}}]}"),
    );
}

#[test]
fn a_row_without_all_of_its_cells_is_refused_wherever_one_is_missing() {
    let header = "order-item-id,street,country,quantity,package,title";
    let mapping = |rows: &str| read(&format!("order-id,{header}\n1-1,{rows}\n"));
    assert!(mapping("7,Sample Street 5,DE,2,P,").pop().unwrap().is_ok());
    for short in
        ["7,Sample Street 5,DE,2,P", "7,Sample Street 5,2,P,Lamp", "Sample Street 5,DE,2,P,Lamp", "7"]
    {
        assert_eq!(mapping(short), [Err(Flaw::Structure)], "{short}");
    }
    assert_eq!(mapping("7,Sample,Street 5,DE,2,P,"), [Err(Flaw::Structure)]);
}

#[test]
fn only_columns_that_are_mapped_or_dropped_are_joined() {
    let unknown = MAPPING.replace("[\"status\", \"package\"]", "[\"status\", \"nowhere\"]");
    assert_eq!(Format::parse(&unknown).unwrap_err().code(), "mapping-undecided");
    let malformed = MAPPING.replace("\"salesChannel.channelName\" = [", "\"salesChannel..x\" = [");
    assert_eq!(Format::parse(&malformed).unwrap_err().code(), "mapping-path");
}

#[test]
fn columns_are_joined_where_all_of_them_speak() {
    check(
        "status,package",
        &["a,b"],
        Ok(
            "{'orderId':'1-1','fulfillment':{'fulfillmentStatus':'a'},'packages':[{'packageReferenceId':'b'}],'salesChannel':{'channelName':'a/b'}}",
        ),
    );
    check("status,package", &["a,"], Ok("{'orderId':'1-1','fulfillment':{'fulfillmentStatus':'a'}}"));
}
