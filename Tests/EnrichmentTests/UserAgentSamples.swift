/// Real `User-Agent` headers and what they mean.
///
/// One per line: browser and version; system and version; device; header. The version follows a `/`. Bots have the device
/// Bot.
enum UserAgentSamples {
    static let desktop = #"""
        Chrome/122; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36
        Chrome/109; Windows/7; Desktop; Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36
        Chrome/109; Windows/8.1; Desktop; Mozilla/5.0 (Windows NT 6.3; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.5414.120 Safari/537.36
        Chrome/106; Windows/8; Desktop; Mozilla/5.0 (Windows NT 6.2; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/106.0.0.0 Safari/537.36
        Chrome/49; Windows/XP; Desktop; Mozilla/5.0 (Windows NT 5.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/49.0.2623.112 Safari/537.36
        Chrome/123; macOS; Desktop; Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36
        Chrome/121; Linux; Desktop; Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36
        Chrome/118; ChromeOS; Desktop; Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0.0.0 Safari/537.36
        Chromium/80; Ubuntu; Desktop; Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu Chromium/80.0.3987.87 Chrome/80.0.3987.87 Safari/537.36
        Safari/17; macOS; Desktop; Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3.1 Safari/605.1.15
        Safari/9; macOS/10.11; Desktop; Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6) AppleWebKit/601.7.7 (KHTML, like Gecko) Version/9.1.2 Safari/601.7.7
        Safari/5; Windows/7; Desktop; Mozilla/5.0 (Windows; U; Windows NT 6.1; en-US) AppleWebKit/533.19.4 (KHTML, like Gecko) Version/5.0.3 Safari/533.19.4
        Firefox/123; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:123.0) Gecko/20100101 Firefox/123.0
        Firefox/123; macOS; Desktop; Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:123.0) Gecko/20100101 Firefox/123.0
        Firefox/115; Ubuntu; Desktop; Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0
        Firefox/119; Fedora; Desktop; Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0
        Firefox/3; Ubuntu/10.10; Desktop; Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.9.2.13) Gecko/20101206 Ubuntu/10.10 (maverick) Firefox/3.6.13
        Firefox/91; FreeBSD; Desktop; Mozilla/5.0 (X11; FreeBSD amd64; rv:91.0) Gecko/20100101 Firefox/91.0
        SeaMonkey/2; Linux; Desktop; Mozilla/5.0 (X11; Linux x86_64; rv:68.0) Gecko/20100101 Firefox/68.0 SeaMonkey/2.53.9.1
        Pale Moon/33; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:115.0) Gecko/20100101 Goanna/6.7 Firefox/115.0 PaleMoon/33.0.1
        Edge/122; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36 Edg/122.0.2365.59
        Edge/18; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763
        Opera/107; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36 OPR/107.0.0.0
        Opera GX/99; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/113.0.0.0 Safari/537.36 OPR/99.0.0.0 (Edition Yx GX)
        Opera/12; Windows/7; Desktop; Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18
        Vivaldi/6; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Vivaldi/6.5.3206.63
        Yandex/24; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 YaBrowser/24.1.0.0 Safari/537.36
        Brave/1; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/80.0.3987.132 Safari/537.36 Brave/1.5.112
        DuckDuckGo/7; macOS; Desktop; Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.2 DuckDuckGo/7 Safari/605.1.15
        DuckDuckGo/17; macOS; Desktop; Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 Ddg/17.4
        Whale/3; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Whale/3.24.223.21 Safari/537.36
        Internet Explorer/11; Windows/10; Desktop; Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko
        Internet Explorer/10; Windows/8; Desktop; Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; WOW64; Trident/6.0; Touch; Tablet PC 2.0)
        Internet Explorer/8; Windows/XP; Desktop; Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0; .NET CLR 2.0.50727)
        Internet Explorer/11; Windows/7; Desktop; Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0; SLCC2; .NET CLR 2.0.50727)
        Internet Explorer/6; Windows/2000; Desktop; Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.0)
        Electron/28; macOS; Desktop; Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.36.140 Chrome/120.0.6099.225 Electron/28.1.4 Safari/537.36
        GNOME Web/605; Linux; Desktop; Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15 Epiphany/605.1.15
        Konqueror/4; Linux; Desktop; Mozilla/5.0 (compatible; Konqueror/4.3; Linux) KHTML/4.3.1 (like Gecko)
        """#

    static let phones = #"""
        Safari/17; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3.1 Mobile/15E148 Safari/604.1
        Safari/26; iOS/26.0; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1
        Safari/9; iOS/9.3; Mobile; Mozilla/5.0 (iPod touch; CPU iPhone OS 9_3_5 like Mac OS X) AppleWebKit/601.1.46 (KHTML, like Gecko) Version/9.0 Mobile/13G36 Safari/601.1
        Chrome/122; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/122.0.6261.62 Mobile/15E148 Safari/604.1
        Firefox/123; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/123.0 Mobile/15E148 Safari/605.1.15
        Firefox Focus/8; iOS/12.1; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 12_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Focus/8.0.2 Mobile/16B92 Safari/604.1
        Edge/121; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/121.0.2277.107 Mobile/15E148 Safari/604.1
        Opera/4; iOS/16.2; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 16_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.2 Mobile/15E148 Safari/604.1 OPT/4.3.0
        Opera GX/2; iOS/16.6; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1 OPX/2.1.1
        DuckDuckGo/7; iOS/16.5; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.5 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15
        Google App/305; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/305.0.609016021 Mobile/15E148 Safari/604.1
        iOS WebView; iOS/17.2; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_2_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148
        Facebook/450; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21D61 [FBAN/FBIOS;FBAV/450.0.0.38.108;FBBV/564431005;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.3.1;FBSS/3;FBID/phone;FBLC/en_US;FBOP/5]
        Messenger/446; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21D61 [FBAN/MessengerForiOS;FBAV/446.0.0.29.110;FBBV/566135386;FBDV/iPhone12,1;FBMD/iPhone;FBSN/iOS;FBSV/17.3.1]
        Instagram/319; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21D61 Instagram 319.0.2.21.109 (iPhone13,2; iOS 17_3_1; en_US; en; scale=3.00; 1170x2532; 568132512)
        TikTok/33; iOS/17.2; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_2_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_33.2.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/US
        LinkedIn; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.29.2586
        Snapchat/12; iOS/17.2; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Snapchat/12.70.0.33 (like Safari/8617.1.17.10.9, panda)
        Pinterest; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [Pinterest/iOS]
        WeChat/8; iOS/16.6; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.42(0x18002a2c) NetType/WIFI Language/zh_CN
        Line/14; iOS/17.1; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari Line/14.1.0
        Twitter; iOS/17.3; Mobile; Mozilla/5.0 (iPhone; CPU iPhone OS 17_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21D50 Twitter for iPhone/10.28
        CFNetwork; iOS; Mobile; PulseExample/1 CFNetwork/1492.0.1 Darwin/23.3.0
        Chrome/122; Android; Mobile; Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Mobile Safari/537.36
        Chrome/96; Android/12; Mobile; Mozilla/5.0 (Linux; Android 12; Pixel 6 Build/SD1A.210817.023) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.104 Mobile Safari/537.36
        Chrome/87; Android/8.1; Mobile; Mozilla/5.0 (Linux; Android 8.1.0; CUBOT_NOVA) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.4280.101 Mobile Safari/537.36
        Chrome/110; Android/8.1; Mobile; Mozilla/5.0 (Linux; Android 8.1.0; RUBY Build/OPM2.171019.012) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.5481.153 Mobile Safari/537.36
        Android WebView/121; Android/14; Mobile; Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/121.0.6167.178 Mobile Safari/537.36
        Android Browser; Android/4.1; Mobile; Mozilla/5.0 (Linux; U; Android 4.1.2; en-gb; GT-I9100 Build/JZO54K) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30
        Firefox/123; Android/14; Mobile; Mozilla/5.0 (Android 14; Mobile; rv:123.0) Gecko/123.0 Firefox/123.0
        Samsung Internet/23; Android/13; Mobile; Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36
        Edge/121; Android; Mobile; Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Mobile Safari/537.36 EdgA/121.0.2277.105
        Opera/80; Android; Mobile; Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Mobile Safari/537.36 OPR/80.0.0.0
        Opera Mini/36; Android; Mobile; Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16
        Opera Mini/4; ; Mobile; Opera/9.80 (J2ME/MIDP; Opera Mini/4.2.13918/37.6334; U; en) Presto/2.12.423 Version/12.16
        UC Browser/13; Android/11; Mobile; Mozilla/5.0 (Linux; U; Android 11; en-US; RMX2030 Build/RKQ1.200928.002) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/78.0.3904.108 UCBrowser/13.4.0.1306 Mobile Safari/537.36
        Yandex/24; Android; Mobile; Mozilla/5.0 (Linux; arm_64; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 YaBrowser/24.1.3.94.00 SA/3 Mobile Safari/537.36
        DuckDuckGo/5; Android/13; Mobile; Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/121.0.0.0 Mobile DuckDuckGo/5 Safari/537.36
        MIUI Browser/14; Android/12; Mobile; Mozilla/5.0 (Linux; U; Android 12; en-gb; M2101K6G Build/SKQ1.210908.001) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.6.0-gn
        Huawei Browser/12; HarmonyOS; Mobile; Mozilla/5.0 (Linux; Android 10; HarmonyOS; FRL-AN00a; HMSCore 6.0.1.306) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/92.0.4515.105 HuaweiBrowser/12.0.4.302 Mobile Safari/537.36
        Facebook/451; Android/13; Mobile; Mozilla/5.0 (Linux; Android 13; SM-A536B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/121.0.6167.178 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/451.0.0.40.109;]
        Messenger/447; Android/13; Mobile; Mozilla/5.0 (Linux; Android 13; SM-A536B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/121.0.6167.178 Mobile Safari/537.36 [FB_IAB/Orca-Android;FBAV/447.0.0.25.109;]
        Instagram/316; Android/13; Mobile; Mozilla/5.0 (Linux; Android 13; SM-G990B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/121.0.6167.143 Mobile Safari/537.36 Instagram 316.0.0.38.109 Android (33/13; 420dpi; 1080x2106; samsung; SM-G990B; r9q; qcom; de_DE; 559698990)
        TikTok; Android/13; Mobile; Mozilla/5.0 (Linux; Android 13; SM-A135F Build/TP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.6099.210 Mobile Safari/537.36 trill_2023206040 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/trill app_version/32.6.4 ByteLocale/id-ID
        Naver; Android/5.0; Mobile; Mozilla/5.0 (Linux; Android 5.0; ASUS_Z008D Build/LRX21V; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/45.0.2454.95 Mobile Safari/537.36 NAVER(inapp; search; 390; 6.4.5)
        Dalvik/2; Android/13; Mobile; Dalvik/2.1.0 (Linux; U; Android 13; SM-G991B Build/TP1A.220624.014)
        okhttp/4; Android; Mobile; okhttp/4.9.2
        Firefox/48; KaiOS/2.5; Mobile; Mozilla/5.0 (Mobile; LYF/F90M/LYF-F90M-000-02-28-130318; Android; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5
        Samsung Internet/2; Tizen/2.3; Mobile; Mozilla/5.0 (Linux; Tizen 2.3; SAMSUNG SM-Z130H) AppleWebKit/537.3 (KHTML, like Gecko) SamsungBrowser/2.2 Mobile Safari/537.3
        Edge/15; Windows Phone/10.0; Mobile; Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063
        Internet Explorer/9; Windows Phone/7.5; Mobile; Mozilla/5.0 (compatible; MSIE 9.0; Windows Phone OS 7.5; Trident/5.0; IEMobile/9.0; NOKIA; Lumia 710)
        BlackBerry Browser/10; BlackBerry OS/10; Mobile; Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Mobile Safari/537.10+
        """#

    static let others = #"""
        Safari/17; iPadOS/17.3; Tablet; Mozilla/5.0 (iPad; CPU OS 17_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3 Mobile/15E148 Safari/604.1
        Safari/12; iOS/12.5; Tablet; Mozilla/5.0 (iPad; CPU OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1
        Chrome/122; iPadOS/16.7; Tablet; Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/122.0.6261.62 Mobile/15E148 Safari/604.1
        Chrome/122; Android; Tablet; Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36
        Samsung Internet/22; Android/12; Tablet; Mozilla/5.0 (Linux; Android 12; SAMSUNG SM-T870) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/22.0 Chrome/111.0.5563.116 Safari/537.36
        Firefox/122; Android/13; Tablet; Mozilla/5.0 (Android 13; Tablet; rv:122.0) Gecko/122.0 Firefox/122.0
        Silk/108; Android/9; Tablet; Mozilla/5.0 (Linux; Android 9; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/108.4.6 like Chrome/108.0.5359.160 Safari/537.36
        Safari/3; Linux; Tablet; Mozilla/5.0 (X11; U; Linux armv7l like Android; en-us) AppleWebKit/531.2+ (KHTML, like Gecko) Version/3.1.2 Safari/533.2+ Kindle/3.0+
        Silk/100; Android/9; TV; Mozilla/5.0 (Linux; Android 9; AFTSO001) AppleWebKit/537.36 (KHTML, like Gecko) Silk/100.2.23 like Chrome/100.0.4896.162 Safari/537.36
        Samsung Internet/2; Tizen/4.0; TV; Mozilla/5.0 (SMART-TV; Linux; Tizen 4.0) AppleWebKit/538.1 (KHTML, like Gecko) SamsungBrowser/2.0 Version/4.0 TV Safari/538.1
        Chrome/79; webOS; TV; Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36 WebAppManager
        Chrome/90; Linux; TV; Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.225 Safari/537.36 CrKey/1.56.500000
        Android WebView/104; Android/9; TV; Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2 Build/PTT1.190515.001.S52; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/104.0.5112.97 Safari/537.36
        ; Roku OS; TV; Roku/DVP-12.5 (12.5.0.4178-88)
        Edge/44; Xbox/One; Console; Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/44.18363.8131
        Safari/13; PlayStation/5; Console; Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15
        PlayStation Browser; PlayStation/4; Console; Mozilla/5.0 (PlayStation 4 3.11) AppleWebKit/537.73 (KHTML, like Gecko)
        Nintendo Browser/5; Nintendo/Switch; Console; Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/601.6 (KHTML, like Gecko) NF/4.0.0.5.10 NintendoBrowser/5.1.0.13343
        Nintendo Browser/4; Nintendo/Wii U; Console; Mozilla/5.0 (Nintendo WiiU) AppleWebKit/536.28 (KHTML, like Gecko) NX/3.0.3.12.12 NintendoBrowser/4.3.0.11224.EU
        Oculus Browser/32; Linux; Wearable; Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/32.1.0.37.133.575621010 Chrome/122.0.6261.64 VR Safari/537.36
        Samsung Internet/2; Android/11; Wearable; Mozilla/5.0 (Linux; Android 11; SAMSUNG SM-R890) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.2 Chrome/102.0.5005.125 Mobile Safari/537.36
        ; ; ; Mozilla/5.0
        ; ; ; PulseServer/1.0
        """#

    static let bots = #"""
        Googlebot/2; ; Bot; Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)
        Googlebot/2; Android/6.0; Bot; Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.6167.139 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)
        Googlebot-Image/1; ; Bot; Googlebot-Image/1.0
        AdsBot-Google; ; Bot; AdsBot-Google (+http://www.google.com/adsbot.html)
        Bingbot/2; ; Bot; Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36
        DuckDuckBot/1; ; Bot; DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)
        YandexBot/3; ; Bot; Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)
        Baiduspider/2; ; Bot; Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)
        Yahoo! Slurp; ; Bot; Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)
        Applebot/0; macOS; Bot; Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)
        GPTBot/1; ; Bot; Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)
        ChatGPT-User/1; ; Bot; Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://openai.com/bot)
        OAI-SearchBot/1; ; Bot; Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot)
        ClaudeBot/1; ; Bot; Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)
        PerplexityBot/1; ; Bot; Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)
        CCBot/2; ; Bot; CCBot/2.0 (https://commoncrawl.org/faq/)
        Bytespider; Android/5.0; Bot; Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)
        Amazonbot/0; ; Bot; Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot) Chrome/119.0.6045.214 Safari/537.36
        Meta-ExternalAgent/1; ; Bot; meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)
        facebookexternalhit/1; ; Bot; facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)
        Twitterbot/1; ; Bot; Twitterbot/1.0
        LinkedInBot/1; ; Bot; LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)
        Slackbot; ; Bot; Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)
        Discordbot/2; ; Bot; Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)
        TelegramBot; ; Bot; TelegramBot (like TwitterBot)
        WhatsApp/2; ; Bot; WhatsApp/2.23.20.0
        AhrefsBot/7; ; Bot; Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)
        SemrushBot/7; ; Bot; Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)
        MJ12bot; ; Bot; Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)
        UptimeRobot/2; ; Bot; Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)
        Pingdom; ; Bot; Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)
        HeadlessChrome/120; Linux; Bot; Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.6099.109 Safari/537.36
        PhantomJS/2; Linux; Bot; Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1
        Lighthouse; macOS; Bot; Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4590.2 Safari/537.36 Chrome-Lighthouse
        curl/8; ; Bot; curl/8.4.0
        Wget/1; ; Bot; Wget/1.21.3
        python-requests/2; ; Bot; python-requests/2.31.0
        aiohttp/3; ; Bot; Python/3.11 aiohttp/3.9.1
        Go-http-client/1; ; Bot; Go-http-client/1.1
        Apache-HttpClient/4; ; Bot; Apache-HttpClient/4.5.13 (Java/11.0.13)
        Java/1; ; Bot; Java/1.8.0_292
        Scrapy/2; ; Bot; Scrapy/2.11.0 (+https://scrapy.org)
        axios/1; ; Bot; axios/1.6.2
        Postman/7; ; Bot; PostmanRuntime/7.36.0
        WordPress/6; ; Bot; WordPress/6.4.3; https://example.com
        Feedly/1; ; Bot; Feedly/1.0 (+https://feedly.com/poller.html; 16 subscribers)
        ; ; Bot; ExampleCrawler/0.1
        evc-batch/2; ; Bot; Mozilla/5.0 (compatible; evc-batch/2.0)
        ; ; Bot; Mozilla/5.0 (compatible; SomethingNew/1.0; admin@example.com)
        """#
}
