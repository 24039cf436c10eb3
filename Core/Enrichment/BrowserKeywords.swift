/// Keywords of browsers, and of apps that show pages in an embedded browser. The first matching line wins. A browser that poses as another
/// one (`Chrome ... Safari ... Edg`) therefore comes before that one.
enum BrowserKeywords {
    typealias Line = (text: String, name: String, version: UserAgentVersion)

    static let lines: [Line] = inApp + others + engines

    /// Apps, whose headers also contain the tokens of the system's browser.
    private static let inApp: [Line] = [
        ("fban/messenger", "Messenger", .facebook),
        ("fb_iab/messenger", "Messenger", .facebook),
        ("fb_iab/orca", "Messenger", .facebook),
        ("barcelona ", "Threads", .here),
        ("instagram ", "Instagram", .here),
        ("[fban/", "Facebook", .facebook),
        ("fban/", "Facebook", .facebook),
        ("fb_iab/", "Facebook", .facebook),
        ("fbav/", "Facebook", .here),
        ("|aweme", "Douyin", .here),
        ("musical_ly", "TikTok", .here),
        ("|trill_", "TikTok", .here),
        ("bytedancewebview", "TikTok", .none),
        ("bytelocale", "TikTok", .none),
        ("tiktok", "TikTok", .here),
        ("linkedinapp", "LinkedIn", .here),
        ("snapchat", "Snapchat", .here),
        ("[pinterest/", "Pinterest", .none),
        ("pinterest for ", "Pinterest", .none),
        ("micromessenger/", "WeChat", .here),
        ("twitter for ", "Twitter", .none),
        ("twitterandroid", "Twitter", .none),
        ("|line/", "Line", .here),
        ("kakaotalk", "KakaoTalk", .here),
        ("naver(inapp", "Naver", .none),
        ("telegram-android/", "Telegram", .here),
        ("redditios", "Reddit", .none),
        ("|reddit/", "Reddit", .here),
        ("baiduboxapp/", "Baidu", .here),
        ("alipayclient/", "Alipay", .here),
        ("aliapp(tb/", "Taobao", .here),
        ("aliapp(la/", "Lazada", .here),
        ("camscanner/", "CamScanner", .here),
        ("gsa/", "Google App", .here),
    ]

    private static let others: [Line] = [
        ("vivaldi/", "Vivaldi", .here),
        ("yasearchbrowser/", "Yandex", .here),
        ("yabrowser/", "Yandex", .here),
        ("yasearchapp/", "Yandex", .here),
        ("yandexsearch/", "Yandex", .here),
        ("edition gx", "Opera GX", .opera),
        ("yx gx", "Opera GX", .opera),
        ("oprgx/", "Opera GX", .here),
        ("|opx/", "Opera GX", .here),
        ("opera mini/", "Opera Mini", .here),
        ("opios/", "Opera Mini", .here),
        ("|opr/", "Opera", .here),
        ("|opt/", "Opera", .here),
        ("opera/", "Opera", .versionOrHere),
        ("opera ", "Opera", .here),
        ("|edg/", "Edge", .here),
        ("edga/", "Edge", .here),
        ("edgios/", "Edge", .here),
        ("edge/", "Edge", .here),
        ("edgw/", "Edge", .here),
        ("picobrowser/", "Pico Browser", .here),
        ("oculusbrowser/", "Oculus Browser", .here),
        ("samsungbrowser/", "Samsung Internet", .here),
        ("ucbrowser", "UC Browser", .here),
        ("ucweb", "UC Browser", .here),
        ("ubrowser/", "UC Browser", .here),
        ("duckduckgo/", "DuckDuckGo", .here),
        ("|ddg/", "DuckDuckGo", .here),
        ("brave chrome/", "Brave", .here),
        ("|brave/", "Brave", .here),
        // On iOS the version of this browser is that of the system.
        ("safari/604.1 brave|", "Brave", .none),
        ("xiaomi/miuibrowser/", "MIUI Browser", .here),
        ("miuibrowser/", "MIUI Browser", .here),
        ("huaweibrowser/", "Huawei Browser", .here),
        ("vivobrowser/", "Vivo Browser", .here),
        ("heytapbrowser/", "HeyTap Browser", .here),
        ("oppobrowser/", "HeyTap Browser", .here),
        ("mqqbrowser/", "QQ Browser", .here),
        ("qqbrowser/", "QQ Browser", .here),
        ("baidubrowser", "Baidu", .here),
        ("bidubrowser", "Baidu", .here),
        ("quark/", "Quark", .here),
        ("sogoumobilebrowser/", "Sogou", .here),
        ("metasr", "Sogou", .none),
        ("360se", "360 Browser", .none),
        ("360ee", "360 Browser", .none),
        ("qihu", "360 Browser", .none),
        ("qhbrowser", "360 Browser", .none),
        ("whale/", "Whale", .here),
        ("coc_coc_browser/", "Coc Coc", .here),
        ("avastsecurebrowser/", "Avast Secure Browser", .here),
        ("|avast/", "Avast Secure Browser", .here),
        ("|avg/", "AVG Secure Browser", .here),
        ("ccleaner/", "CCleaner Browser", .here),
        ("ecosia", "Ecosia", .none),
        ("alohabrowser/", "Aloha", .here),
        ("silk/", "Silk", .here),
        ("puffin/", "Puffin", .here),
        ("maxthon", "Maxthon", .here),
        ("mxbrowser/", "Maxthon", .here),
        ("mxios/", "Maxthon", .here),
        ("sleipnir/", "Sleipnir", .here),
        ("phoenix/", "Phoenix Browser", .here),
        ("epiphany/", "GNOME Web", .here),
        ("konqueror/", "Konqueror", .here),
        ("falkon/", "Falkon", .here),
        ("midori/", "Midori", .here),
        ("qutebrowser/", "qutebrowser", .here),
        ("otter/", "Otter", .here),
        ("seamonkey/", "SeaMonkey", .here),
        ("palemoon/", "Pale Moon", .here),
        ("waterfox/", "Waterfox", .here),
        ("librewolf/", "LibreWolf", .here),
        ("k-meleon/", "K-Meleon", .here),
        ("camino/", "Camino", .here),
        ("iceweasel/", "Firefox", .here),
        ("|focus/", "Firefox Focus", .here),
        ("|klar/", "Firefox Focus", .here),
        ("fxios/", "Firefox", .here),
        ("firefox/", "Firefox", .here),
        ("firefox-ios", "Firefox", .none),
        ("nintendobrowser/", "Nintendo Browser", .here),
        ("electron/", "Electron", .here),
        ("crios/", "Chrome", .here),
        ("chromium/", "Chromium", .here),
        // Old browsers whose headers contain "compatible", which only bots send today.
        ("icab", "iCab", .here),
        ("ibrowse", "IBrowse", .here),
        ("aweb", "AWeb", .here),
        ("netpositive/", "NetPositive", .here),
        ("oregano ", "Oregano", .here),
        ("antfresco/", "Fresco", .here),
        ("offbyone", "Off By One", .none),
        ("|abrowse ", "ABrowse", .here),
        ("polaris ", "Polaris", .here),
        ("kun/", "KUN", .here),
        ("mspie ", "Internet Explorer", .here),
        ("iemobile", "Internet Explorer", .here),
        ("trident/", "Internet Explorer", .trident),
        ("msie ", "Internet Explorer", .here),
    ]

    /// Fallbacks for headers in which nothing above matches.
    private static let engines: [Line] = [
        ("; wv)", androidWebView, .chrome),
        ("chrome/", "Chrome", .here),
        ("crmo/", "Chrome", .here),
        ("nokiabrowser/", "Nokia Browser", .here),
        ("blackberry", "BlackBerry Browser", .versionOrHere),
        ("bb10", "BlackBerry Browser", .version),
        ("netfront/", "NetFront", .here),
        ("safari/", "Safari", .version),
        ("safari", "Safari", .none),
        ("playstation", "PlayStation Browser", .none),
        ("|links (", "Links", .here),
        ("lynx/", "Lynx", .here),
        ("w3m/", "w3m", .here),
        // Apps that show no page. The name of their HTTP library identifies the traffic. These are not bots: React Native and other SDKs
        // send events with exactly these headers.
        ("okhttp", "okhttp", .here),
        ("cfnetwork/", "CFNetwork", .none),
        ("dalvik/", "Dalvik", .here),
        ("|dart/", "Dart", .here),
        ("|dart:io", "Dart", .none),
    ]

    static let androidWebView = "Android WebView"
    static let iosWebView = "iOS WebView"
    static let androidBrowser = "Android Browser"
}

/// Where a browser's version number is.
enum UserAgentVersion: Sendable {
    /// Right after the keyword.
    case here
    /// After `Version/`, as in Safari.
    case version
    /// After `Version/`, otherwise right after the keyword: Opera says `Opera/9.80 ... Version/12.16`.
    case versionOrHere
    /// After `FBAV/`.
    case facebook
    /// After `OPR/`.
    case opera
    /// After `Chrome/`.
    case chrome
    /// The number after `Trident/` plus four. The number after `MSIE` is only the version that Internet Explorer imitates.
    case trident
    case none
}
