/// Hosts that `SourceList` lacks or classifies differently, and the words that campaigns use for these hosts. Entries here take precedence.
/// The format is the same as in `SourceList`: kind, name and hosts. An entry without a dot is a word rather than a host. A name that occurs
/// in both lists is one source.
///
/// - Source: Google Analytics 4's source categories, for what counts as search, social, video and shopping; the websites of the services.
enum SourceAdditions {
    static let text = #"""
        search	Google	google lens.google.com search.google.com google-play
        search	Bing	bing msn msn.com ntp.msn.com cn.bing.com
        search	Yahoo	yahoo yahoo.com search.yahoo.co.jp yahoo.co.jp r.search.yahoo.com
        search	DuckDuckGo	duckduckgo duckduckgo.com
        search	Ecosia	ecosia ecosia.org
        search	Baidu	baidu baidu.com wap.baidu.com image.baidu.com
        search	Yandex	yandex yandex.com.tr suche.yandex.com
        search	Naver	naver naver.com m.naver.com search.naver.com m.search.naver.com
        search	Daum	daum daum.net search.daum.net
        search	Seznam	seznam seznam.cz search.seznam.cz firmy.cz
        search	Startpage	startpage startpage.com
        search	Qwant	qwant qwant.com lite.qwant.com
        search	Brave	brave search.brave.com
        search	Kagi	kagi kagi.com
        search	Ask	ask ask.com
        search	AOL	aol aol.com search.aol.com
        search	Lycos	lycos
        search	Sogou	sogou sogou.com m.sogou.com
        search	360	so.com 360.cn
        search	Shenma	sm.cn m.sm.cn quark.sm.cn
        search	Toutiao	so.toutiao.com
        search	auone	auone sp-web.search.auone.jp search.auone.jp
        search	Docomo	search.smt.docomo.ne.jp service.smt.docomo.ne.jp
        search	Biglobe	biglobe biglobe.ne.jp biglobe.co.jp
        search	goo	search.goo.ne.jp
        search	Rambler	rambler rambler.ru nova.rambler.ru
        search	Mail.ru	go.mail.ru search.mail.ru
        search	Coc Coc	coccoc coccoc.com
        search	MetaGer	metager metager.org metager.de
        search	Searx	searx.be searx.me searxng.org
        search	Others	swisscows.com mojeek.com presearch.com presearch.io engine.presearch.org gibiru.com search.lilo.org lilo.org dogpile dogpile.com
        search	Others	karmasearch.org oceanhero.today ekoru.org freespoke.com youcare.world search.givewater.com search.aol.co.uk search.becovi.com
        search	Others	alice virgilio virgilio.it onet onet.pl wp.pl szukaj.onet.pl szukaj.wp.pl eniro kvasir babylon comcast conduit incredimail
        search	Others	globo globo.com search-results search-results.com tut.by ukr.net centrum.cz najdi terra avg cnn baike.baidu.com suche.web.de
        search	Others	suche.t-online.de suche.gmx.net search.earthlink.net websearch.rakuten.co.jp search.livedoor.com search.nate.com zum.com search.zum.com excite.com rakuten.co.jp
        social	Facebook	facebook fb facebook.com fb.me fb.com
        social	Instagram	instagram ig instagram.com
        social	Twitter	twitter x twitter.com x.com t.co
        social	LinkedIn	linkedin linkedin.com lnkd.in
        social	Pinterest	pinterest pinterest.com pin.it
        social	reddit	reddit reddit.com redd.it
        social	TikTok	tiktok tiktok.com
        social	Snapchat	snapchat snapchat.com
        social	Threads	threads threads.com threads.net
        social	WhatsApp	whatsapp whatsapp.com wa.me
        social	Messenger	messenger messenger.com
        social	Telegram	telegram telegram.org telegram.me t.me
        social	Vkontakte	vk vk.com vkontakte away.vk.com
        social	Weibo	weibo weibo.com weibo.cn
        social	WeChat	wechat weixin.qq.com
        social	Discord	discord discord.com
        social	Mastodon	mastodon mastodon.social fosstodon.org hachyderm.io mstdn.social mastodon.online mas.to infosec.exchange
        social	Bluesky	bluesky bsky.app
        social	Hacker News	hackernews news.ycombinator.com
        social	Lemmy	lemmy lemmy.world lemmy.ml lemm.ee programming.dev beehaw.org kbin.social
        social	Pixelfed	pixelfed pixelfed.social
        social	PeerTube	peertube.tv joinpeertube.org
        social	Product Hunt	producthunt producthunt.com
        social	Naver	blog.naver.com cafe.naver.com kin.naver.com m.blog.naver.com m.cafe.naver.com m.kin.naver.com post.naver.com section.blog.naver.com
        social	Daum	cafe.daum.net blog.daum.net m.cafe.daum.net
        social	Kakao	kakao kakao.com story.kakao.com pf.kakao.com kakaotalk
        social	LINE	line line.me
        social	Zalo	zalo.me chat.zalo.me
        social	Hatena	hatena b.hatena.ne.jp d.hatena.ne.jp hatenablog.com
        social	Ameba	ameblo.jp ameba.jp
        social	Yahoo Japan	chiebukuro.yahoo.co.jp blog.yahoo.co.jp bookmarks.yahoo.co.jp messages.yahoo.co.jp
        social	Yahoo	answers.yahoo.com groups.yahoo.com bookmarks.yahoo.com
        social	Japan	exblog.jp note.com note.mu livedoor.com livedoor.jp fc2.com fc2 blog.goo.ne.jp cocolog-nifty.com mixi.jp gree.jp mbga.jp 5ch.net pixiv.net
        social	China	tieba.baidu.com zhihu.com xiaohongshu.com douban.com douyin.com renren.com dianping.com kaixin001.com
        social	Russia	ok.ru odnoklassniki livejournal.com liveinternet.ru my.mail.ru dzen.ru zen.yandex.ru pikabu.ru habr.com
        social	Europe	xing xing.com viadeo.com gutefrage.net jappy.de knuddels.de skyrock.com skyrock hyves.nl tuenti.com nk.pl wykop.pl draugiem.lv
        social	Europe	copainsdavant.linternaute.com canalblog.com over-blog.com centerblog.net blogg.no meneame.net taringa.net irc-galleria.net
        social	Questions	quora quora.com stackoverflow stackoverflow.com stackexchange.com askubuntu.com superuser.com serverfault.com mathoverflow.net answerbag.com
        social	Blogs	tumblr tumblr.com medium medium.com wordpress wordpress.com blogger blogger.com blogspot.com blogs.com blog.com substack.com typepad.com
        social	Blogs	hubpages.com discover.hubpages.com edublogs.org dev.to hashnode.com blogster.com vox.com weebly.com
        social	Pictures	flickr flickr.com deviantart deviantart.com imgur.com behance.net dribbble.com photobucket.com smugmug.com 500px.com artstation.com
        social	Books, music	goodreads goodreads.com librarything.com last.fm soundcloud.com bandcamp.com reverbnation.com wattpad.com
        social	Reviews	yelp yelp.com tripadvisor tripadvisor.com trustpilot trustpilot.com glassdoor glassdoor.com foursquare foursquare.com houzz.com
        social	Science	researchgate.net academia.edu mendeley.com
        social	Groups	meetup meetup.com nextdoor nextdoor.com groups.google.com googlegroups.com plus.google.com groups.io
        social	Work	yammer yammer.com workplace workplace.com slideshare slideshare.net scribd.com
        social	Links	digg digg.com slashdot slashdot.org lobste.rs flipboard flipboard.com getpocket.com instapaper.com feedly.com fark.com metafilter.com
        social	Links	bit.ly is.gd goo.gl ow.ly buff.ly tinyurl.com linktr.ee lnk.bio
        social	Tools	buffer buffer.com hootsuite hootsuite.com sprout sproutsocial.com
        social	Others	myspace myspace.com plurk.com badoo.com tagged.com classmates.com caringbridge.org ravelry.com crunchyroll.com care2.com disqus disqus.com
        social	Others	buzzfeed.com fandom.com allrecipes.com kickstarter.com indiegogo.com patreon.com gaiaonline.com hi5.com couchsurfing.com strava.com
        social	Others	ancestry.com cyworld.com hatena.ne.jp imageshack.com mix.com myanimelist.net netvibes.com ning.com okwave.jp oshiete.goo.ne.jp
        social	Others	paper.li pinboard.in scoop.it smartnews.com techmeme.com web.skype.com wikihow.com addthis.com wordpress.org tildes.net
        video	YouTube	youtube youtube.com youtu.be
        video	Vimeo	vimeo vimeo.com
        video	Twitch	twitch twitch.tv
        video	Others	dailymotion dailymotion.com netflix netflix.com hulu hulu.com disneyplus disneyplus.com bilibili bilibili.com iqiyi iqiyi.com iq.com
        video	Others	youku youku.com v.youku.com ted.com crackle.com curiositystream.com utreon.com veoh.com wistia.com fast.wistia.net rumble.com odysee.com
        video	Others	nicovideo.jp abema.tv rutube.ru kick.com d.tube
        shopping	Amazon	amazon amazon.com amazon.*
        shopping	eBay	ebay ebay.com ebay.*
        shopping	Etsy	etsy etsy.com
        shopping	Alibaba	aliexpress aliexpress.com alibaba alibaba.com m.alibaba.com
        shopping	Naver	shopping.naver.com m.shopping.naver.com cr.shopping.naver.com cr2.shopping.naver.com
        shopping	Others	walmart walmart.com shopping.google.com shop.app shopify shopify.com apps.shopify.com shopzilla shopzilla.com mercadolibre.com
        shopping	Others	mercadolivre.com.br target.com rakuten.com idealo idealo.de igshopping shopping shopping.com shopping.yahoo.com kelkoo.*
        shopping	Others	geizhals.de geizhals.at billiger.de ladenzeile.de pricegrabber.com shopping.yahoo.co.jp kakaku.com otto.de allegro.pl
        assistant	ChatGPT	chatgpt.com chatgpt openai.com openai chat.openai.com
        assistant	Claude	claude.ai claude claude.com anthropic.com anthropic
        assistant	Copilot	copilot.microsoft.com copilot copilot.com m365.cloud.microsoft edgeservices.bing.com
        assistant	Gemini	gemini.google.com gemini bard.google.com bard
        assistant	Perplexity	perplexity.ai perplexity
        assistant	Deepseek	chat.deepseek.com deepseek deepseek.com
        assistant	Grok	grok.com grok x.ai
        assistant	Le Chat	chat.mistral.ai mistral mistral.ai lechat
        assistant	Meta AI	meta.ai
        assistant	Qwen	chat.qwen.ai qwen qwen.ai tongyi.com
        assistant	Kimi	kimi.com kimi kimi.moonshot.cn
        assistant	Doubao	doubao.com doubao
        assistant	NotebookLM	notebooklm.google.com notebooklm
        assistant	Duck.ai	duck.ai
        assistant	You	you.com
        assistant	Poe	poe.com poe
        assistant	Others	character.ai phind.com felo.ai genspark.ai manus.im lumo.proton.me
        mail	Gmail	mail.google.com gmail gmail.com
        mail	Outlook	outlook.live.com outlook.com outlook.office.com outlook.office365.com outlook
        mail	Yahoo	mail.yahoo.com mail.yahoo.co.jp
        mail	Yandex	mail.yandex.*
        mail	Mail.ru	e.mail.ru mail.rambler.ru light.mail.ru
        mail	Germany	gmx.net navigator.gmx.net bap.navigator.gmx.net navigator.web.de bap.navigator.web.de 3c.web.de deref-web.de deref-gmx.* deref-mail.com deref-1und1-02.de
        mail	Germany	lightmailer.gmx.* lightmailer-bap.web.de lightmailer-bs.web.de 3c-bap.web.de mailbusiness.ionos.*
        mail	Google	inbox.google.com
        mail	Europe	email.seznam.cz poczta.onet.pl poczta.wp.pl poczta.o2.pl messagerie.orange.fr laposte.net mail.libero.it
        mail	Others	mail.proton.me app.fastmail.com app.tuta.com mail.zoho.com mail.163.com mail.126.com mail.qq.com exmail.qq.com mail.naver.com mail.daum.net
        ads	Google	doubleclick.net googlesyndication.com googleadservices.com adservice.google.* syndicatedsearch.goog googleads.g.doubleclick.net
        ads	Yandex	yabs.yandex.* an.yandex.* direct.yandex.*
        ads	Others	taboola.com outbrain.com criteo.com adnxs.com amazon-adsystem.com adform.net rubiconproject.com pubmatic.com openx.net smartadserver.com
        ads	Others	casalemedia.com teads.tv revcontent.com mgid.com media.net adroll.com quantserve.com bidswitch.net 2mdn.net sharethrough.com
        payment	PayPal	paypal.com sandbox.paypal.com
        payment	Stripe	checkout.stripe.com hooks.stripe.com js.stripe.com pay.stripe.com buy.stripe.com
        payment	Klarna	pay.klarna.com payments.klarna.com login.klarna.com playground.klarna.com
        payment	Adyen	checkoutshopper-live.adyen.com live.adyen.com checkout-live.adyen.com
        payment	Mollie	mollie.com pay.mollie.com
        payment	Amazon Pay	pay.amazon.com pay.amazon.de pay.amazon.co.uk pay.amazon.fr pay.amazon.it pay.amazon.es pay.amazon.co.jp payments.amazon.com payments.amazon.de
        payment	Google Pay	pay.google.com
        payment	Worldpay	secure.worldpay.com secure-test.worldpay.com payments.worldpay.com
        payment	3-D Secure	arcot.com 3dsecure.no cardinalcommerce.com centinelapi.cardinalcommerce.com securesuite.net wlp-acs.com modirum.com 3ds.redsys.es
        payment	Europe	sofort.com giropay.de paydirekt.de secure.przelewy24.pl secure.payu.com payment.sips-services.com secure.ogone.com pay.trustly.com
        payment	Europe	sis.redsys.es twint.ch pay.ideal.nl checkout.nets.eu vippsmobilepay.com
        payment	Others	portal.afterpay.com checkout.razorpay.com api.razorpay.com securepay.tinkoff.ru yoomoney.ru mercadopago.com mercadopago.com.br pagseguro.uol.com.br affirm.com
        site	Not what the list says	login.live.com github.com sourceforge.net translate.google.com url.google.com alexa.com
        """#
}
