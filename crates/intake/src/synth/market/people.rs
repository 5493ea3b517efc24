//! Names in scripts that are at home in no one marketplace: Chinese in both scripts, and Korean.

use super::People;

pub(super) static SIMPLIFIED: People = People {
    given: &["虚构", "伟国", "梦蝶", "子虚", "乌有", "拟人", "晓样", "试之"],
    family: &["范例", "假设", "无名", "虚", "样", "梦", "仿", "托"],
    family_first: true,
    gap: "",
};

pub(super) static TRADITIONAL: People = People {
    given: &["虛構", "夢蝶", "樣兒", "擬雲", "試圖", "儷範", "曉寫"],
    family: &["範例", "假設", "無名", "虛", "樣", "夢", "擬"],
    family_first: true,
    gap: "",
};

pub(super) static KOREAN: People = People {
    given: &["가상", "예시", "견본", "모형", "허구", "시험", "상상", "꿈별"],
    family: &["김예", "이가", "박허", "최본", "남궁", "정시"],
    family_first: true,
    gap: "",
};
